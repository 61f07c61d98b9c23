// SPDX-License-Identifier: MIT
#include "service/file_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

namespace quicrx {
namespace {

constexpr std::size_t kPiece = FileReader::kPieceBytes;
using Status = FileReader::Status;

/// A file without a name, of `bytes` bytes.
Descriptor file_of(std::size_t bytes) {
  Descriptor file(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  EXPECT_EQ(ftruncate(file.get(), static_cast<off_t>(bytes)), 0);
  return file;
}

TEST(FileReader, ReadsPieceByPieceAndHoldsWhatIsNotAcknowledged) {
  MemoryBudget budget(2 * kPiece);
  FileReader reader(file_of(2 * kPiece + 10), {0, 2 * kPiece + 10}, budget);
  EXPECT_EQ(reader.next().bytes.size(), kPiece);
  EXPECT_EQ(reader.next().bytes.size(), kPiece);
  EXPECT_EQ(reader.next().status, Status::wait);
  reader.acked(kPiece - 1);
  EXPECT_EQ(reader.next().status, Status::wait);
  reader.acked(1);
  const auto last = reader.next();
  EXPECT_EQ(last.bytes.size(), 10u);
  EXPECT_TRUE(last.last);
  reader.acked(kPiece + 10);
  EXPECT_EQ(budget.taken(), 0u);
}

TEST(FileReader, AFileOfNoBytesIsItsOwnLastPiece) {
  MemoryBudget budget(kPiece);
  FileReader reader(file_of(0), {0, 0}, budget);
  const auto piece = reader.next();
  EXPECT_EQ(piece.status, Status::data);
  EXPECT_TRUE(piece.last && piece.bytes.empty());
}

TEST(FileReader, SaysWhenTheFileBecameShorter) {
  MemoryBudget budget(kPiece);
  FileReader reader(file_of(10), {0, 20}, budget);
  EXPECT_EQ(reader.next().status, Status::failed);
}

TEST(FileReader, GivesBackWhatItHeldWhenItDies) {
  MemoryBudget whole(10 * kPiece), part(5 * kPiece, &whole);
  {
    FileReader reader(file_of(3 * kPiece), {0, 3 * kPiece}, part);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(reader.next().status, Status::data);
    EXPECT_EQ(part.taken(), 3 * kPiece);
    EXPECT_EQ(whole.taken(), 2 * kPiece) << "the first piece is the part's own";
  }
  EXPECT_EQ(part.taken(), 0u);
  EXPECT_EQ(whole.taken(), 0u);
}

TEST(MemoryBudget, NobodyWhoHoldsNothingHasToWaitForOthers) {
  MemoryBudget whole(4 * kPiece), greedy(100 * kPiece, &whole), late(100 * kPiece, &whole);
  while (greedy.take(kPiece)) {
  }
  EXPECT_EQ(greedy.taken(), 5 * kPiece);
  EXPECT_TRUE(late.take(kPiece));
  EXPECT_FALSE(late.take(kPiece));
  late.give(kPiece);
  EXPECT_TRUE(late.take(kPiece)) << "its own acknowledgement lets it go on";
  greedy.give(5 * kPiece);
  EXPECT_EQ(whole.taken(), 0u);
}

}  // namespace
}  // namespace quicrx
