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
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "engine/worker.h"

namespace quicrx {
namespace {

std::string path_in(const std::string& folder, const PollerName& name, std::uint32_t queue) {
  return folder + "/" + name.text + "-" + std::to_string(queue);
}

/// A record's file name taken apart: "s0-3", "udp:443-0".
std::optional<std::pair<std::string, std::uint32_t>> read_name(const std::string& file) {
  const std::size_t dash = file.rfind('-');
  std::uint32_t queue = 0;
  if (dash == std::string::npos) return std::nullopt;
  const char* last = file.data() + file.size();
  const auto [end, failed] = std::from_chars(file.data() + dash + 1, last, queue);
  if (failed != std::errc() || end != last) return std::nullopt;
  return std::pair(file.substr(0, dash), queue);
}

/// Calls `each` with the poller's name and queue of every record of this user's.
template <typename Each>
void for_each_record(std::uint64_t namespace_id, Each each) {
  for (const std::string& folder : record_folders(namespace_id)) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
      if (const auto named = read_name(entry.path().filename())) each(named->first, named->second);
  }
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

/// The same in the folder of this user's records, which an ending poller may take away meanwhile.
Result<Descriptor> make_file(const PollerName& name, std::uint32_t queue, std::string& path) {
  for (int tries = 3;; --tries) {
    const auto folder = make_record_folder(name.namespace_id);
    if (!folder) return tl::unexpected(folder.error());
    path = path_in(*folder, name, queue);
    auto file = lock_file(path);
    if (file || tries == 1 || file.error().kind == ErrorKind::busy || is_own_folder(*folder)) return file;
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

Result<std::unique_ptr<Record>> Record::create(const PollerName& name, std::uint32_t queue,
                                               const UmemPlan& plan) {
  std::unique_ptr<Record> record(new Record);
  auto file = make_file(name, queue, record->path_);
  if (!file) {
    if (file.error().kind != ErrorKind::busy) return tl::unexpected(file.error());
    const auto other = open(name, queue);
    const std::string who = other ? " (pid " + std::to_string((*other)->header().pid) + ")" : "";
    const std::string what =
        is_socket_server(name.text) ? name.text : name.text + " queue " + std::to_string(queue);
    return fail(ErrorKind::busy, what + ": another quicrx poller serves it" + who + "; stop it first");
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

Result<std::unique_ptr<Record>> Record::open(const PollerName& name, std::uint32_t queue) {
  std::unique_ptr<Record> record(new Record);
  errno = ENOENT;
  for (const std::string& folder : record_folders(name.namespace_id)) {
    record->path_ = path_in(folder, name, queue);
    record->file_ = Descriptor(::open(record->path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (record->file_) break;
  }
  if (!record->file_) return file_failure("open the record of", name.text);
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

std::vector<std::uint32_t> recorded_queues(const PollerName& name) {
  std::set<std::uint32_t> queues;
  for_each_record(name.namespace_id, [&](const std::string& of, std::uint32_t queue) {
    if (of == name.text) queues.insert(queue);
  });
  return {queues.begin(), queues.end()};
}

std::vector<std::string> recorded_socket_servers(std::uint64_t namespace_id) {
  std::set<std::string> names;
  for_each_record(namespace_id, [&](const std::string& of, std::uint32_t) {
    if (is_socket_server(of)) names.insert(of);
  });
  return {names.begin(), names.end()};
}

bool has_living_poller(const Interface& interface) {
  return std::ranges::any_of(recorded_queues(name_of(interface)), [&](std::uint32_t queue) {
    const auto record = Record::open(name_of(interface), queue);
    return record && (*record)->alive();
  });
}

}  // namespace quicrx
