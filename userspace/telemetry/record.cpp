// SPDX-License-Identifier: MIT
#include "telemetry/record.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <new>
#include <numeric>

#include "engine/worker.h"

namespace quicrx {
namespace {

constexpr const char* kRoot = "/run/quicrx";

std::string folder_of(const Interface& interface) {
  return std::string(kRoot) + "/" + std::to_string(interface.namespace_id);
}

tl::unexpected<Error> file_failure(const std::string& what, const std::string& path) {
  const ErrorKind kind = errno == EACCES || errno == EPERM ? ErrorKind::permission : ErrorKind::failure;
  return fail(kind, "cannot " + what + " " + path + ": " + std::strerror(errno));
}

/// An open file description lock: dies with the poller, and can be asked for without being taken.
struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// Opens and locks the file at `path`. A poller that ends removes its file: what was locked must still be
/// there.
Result<Descriptor> lock_file(const std::string& path) {
  while (true) {
    Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file) return file_failure("open", path);
    struct flock whole = whole_file(F_WRLCK);
    if (fcntl(file.get(), F_OFD_SETLK, &whole) != 0) return fail(ErrorKind::busy, path + " is in use");
    struct stat opened {
    }, present{};
    if (fstat(file.get(), &opened) == 0 && stat(path.c_str(), &present) == 0 &&
        opened.st_ino == present.st_ino)
      return file;
  }
}

std::size_t file_bytes(std::span<const std::uint32_t, kPools> pool_frames) {
  return sizeof(RecordHeader) +
         std::accumulate(pool_frames.begin(), pool_frames.end(), std::size_t{0}) * sizeof(FrameWord);
}

Result<Mapping> map_file(const Descriptor& file, std::size_t bytes, int access, const std::string& path) {
  void* start = mmap(nullptr, bytes, access, MAP_SHARED, file.get(), 0);
  if (start == MAP_FAILED) return file_failure("map", path);
  return Mapping(start, bytes);
}

}  // namespace

std::string Record::path(const Interface& interface, std::uint32_t queue) {
  return folder_of(interface) + "/" + interface.name + "-" + std::to_string(queue);
}

Result<std::unique_ptr<Record>> Record::create(const Interface& interface, std::uint32_t queue,
                                               const UmemPlan& plan) {
  std::unique_ptr<Record> record(new Record);
  record->path_ = path(interface, queue);
  std::error_code error;
  std::filesystem::create_directories(folder_of(interface), error);
  auto file = lock_file(record->path_);
  if (!file) {
    if (file.error().kind != ErrorKind::busy) return tl::unexpected(file.error());
    const auto other = open(interface, queue);
    const std::string who = other ? " (pid " + std::to_string((*other)->header().pid) + ")" : "";
    return fail(ErrorKind::busy, interface.name + " queue " + std::to_string(queue) +
                                     ": another quicrx poller serves it" + who + "; stop it first");
  }
  record->file_ = std::move(*file);
  record->owner_ = true;

  const std::uint32_t sizes[kPools] = {plan.receive_frames,         plan.transmit_frames,
                                       plan.gather_frames,          SocketPort::kReceiveFrames,
                                       SocketPort::kTransmitFrames, SocketPort::kReceiveFrames,
                                       SocketPort::kTransmitFrames, Worker::kHoldFrames};
  const std::size_t bytes = file_bytes(sizes);
  // First to nothing: a record that a killed poller left must not shine through.
  if (ftruncate(record->file_.get(), 0) != 0 ||
      ftruncate(record->file_.get(), static_cast<off_t>(bytes)) != 0)
    return file_failure("size", record->path_);
  auto mapping = map_file(record->file_, bytes, PROT_READ | PROT_WRITE, record->path_);
  if (!mapping) return tl::unexpected(mapping.error());
  record->mapping_ = std::move(*mapping);
  auto* header = new (record->mapping_.data()) RecordHeader;
  header->bytes = bytes;
  header->pid = getpid();
  header->queue = queue;
  header->start_seconds = time(nullptr);
  header->plan = plan;
  std::ranges::copy(sizes, header->pool_frames);
  return record;
}

Result<std::unique_ptr<Record>> Record::open(const Interface& interface, std::uint32_t queue) {
  std::unique_ptr<Record> record(new Record);
  record->path_ = path(interface, queue);
  record->file_ = Descriptor(::open(record->path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!record->file_) return file_failure("open", record->path_);
  struct stat status {};
  if (fstat(record->file_.get(), &status) != 0 ||
      static_cast<std::size_t>(status.st_size) < sizeof(RecordHeader))
    return fail(ErrorKind::failure, record->path_ + " is no record of a poller");
  auto mapping = map_file(record->file_, static_cast<std::size_t>(status.st_size), PROT_READ, record->path_);
  if (!mapping) return tl::unexpected(mapping.error());
  record->mapping_ = std::move(*mapping);
  const RecordHeader& header = record->header();
  if (header.magic != RecordHeader::kMagic || header.bytes != record->mapping_.size() ||
      header.bytes != file_bytes(header.pool_frames))
    return fail(ErrorKind::failure, record->path_ + " is of another version of quicrx");
  return record;
}

Record::~Record() {
  if (!owner_) return;
  unlink(path_.c_str());
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
  std::filesystem::remove(folder, ignored);  // only when empty
  std::filesystem::remove(folder.parent_path(), ignored);
}

std::span<FrameWord> Record::words(PoolKind pool) const {
  const RecordHeader& head = header();
  const auto* sizes = head.pool_frames;
  const std::size_t before = std::accumulate(sizes, sizes + static_cast<std::size_t>(pool), std::size_t{0});
  auto* words = reinterpret_cast<FrameWord*>(static_cast<char*>(mapping_.data()) + sizeof(RecordHeader));
  return {words + before, sizes[static_cast<std::size_t>(pool)]};
}

bool Record::alive() const {
  if (owner_) return true;
  struct flock lock = whole_file(F_RDLCK);
  return fcntl(file_.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::vector<std::uint32_t> recorded_queues(const Interface& interface) {
  std::vector<std::uint32_t> queues;
  const std::string prefix = interface.name + "-";
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(interface), error)) {
    const std::string name = entry.path().filename();
    std::uint32_t queue = 0;
    if (!name.starts_with(prefix)) continue;
    const auto [end, failed] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), queue);
    if (failed == std::errc() && end == name.data() + name.size()) queues.push_back(queue);
  }
  std::ranges::sort(queues);
  return queues;
}

bool has_living_poller(const Interface& interface) {
  return std::ranges::any_of(recorded_queues(interface), [&](std::uint32_t queue) {
    const auto record = Record::open(interface, queue);
    return record && (*record)->alive();
  });
}

}  // namespace quicrx
