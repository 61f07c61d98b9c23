// SPDX-License-Identifier: MIT
/// The MUSTs of RFC 9114 and RFC 9204 for a server, byte by byte.
#include "service/h3_session.h"

#include <gtest/gtest.h>

#include "fake_stream_control.h"
#include "h3_bytes.h"
#include "service/h3_service.h"

namespace quicrx::test {
namespace {

// The client's streams.
constexpr StreamId kControl = 2, kEncoder = 6, kDecoder = 10, kOther = 14, kRequest = 0;

const std::string kSettings = frame(4, "");
const std::string kControlType = varint(0), kPushType = varint(1), kEncoderType = varint(2),
                  kDecoderType = varint(3);

class H3SessionTest : public testing::Test {
 protected:
  HttpConfig config_;
  H3Service service_{config_};
};

struct Piece {
  StreamId stream;
  std::string bytes;
  bool fin = false;
};
struct Wrong {
  std::string what;
  std::vector<Piece> pieces;
  AppError error;
};

std::string with_settings(const std::string& more) {
  return kControlType + kSettings + more;
}

TEST_F(H3SessionTest, ClosesTheConnectionFor) {
  const std::string get = headers(request("/"));
  const std::vector<Wrong> all{
      {"another frame before SETTINGS", {{kControl, kControlType + frame(7, varint(0))}}, 0x10a},
      {"a reserved frame before SETTINGS", {{kControl, kControlType + frame(0x21, "")}}, 0x10a},
      {"a second SETTINGS", {{kControl, with_settings(kSettings)}}, 0x105},
      {"an HTTP/2 setting", {{kControl, kControlType + frame(4, varint(2) + varint(0))}}, 0x109},
      {"a setting twice", {{kControl, kControlType + frame(4, "\x01\x40\x64\x01\x40\x64")}}, 0x109},
      {"SETTINGS that end in a setting", {{kControl, kControlType + frame(4, varint(6))}}, 0x106},
      {"DATA on the control stream", {{kControl, with_settings(data("x"))}}, 0x105},
      {"HEADERS on the control stream", {{kControl, with_settings(get)}}, 0x105},
      {"PUSH_PROMISE on the control stream", {{kControl, with_settings(frame(5, varint(0)))}}, 0x105},
      {"HTTP/2's PRIORITY", {{kControl, with_settings(frame(2, "xxxxx"))}}, 0x105},
      {"HTTP/2's PING", {{kControl, with_settings(frame(6, "xxxxxxxx"))}}, 0x105},
      {"HTTP/2's WINDOW_UPDATE", {{kControl, with_settings(frame(8, "xxxx"))}}, 0x105},
      {"HTTP/2's CONTINUATION", {{kControl, with_settings(frame(9, "x"))}}, 0x105},
      {"CANCEL_PUSH of what was never promised", {{kControl, with_settings(frame(3, varint(0)))}}, 0x108},
      {"MAX_PUSH_ID going down",
       {{kControl, with_settings(frame(13, varint(9)) + frame(13, varint(8)))}},
       0x108},
      {"MAX_PUSH_ID with something behind", {{kControl, with_settings(frame(13, varint(9) + "x"))}}, 0x106},
      {"an empty MAX_PUSH_ID", {{kControl, with_settings(frame(13, ""))}}, 0x106},
      {"GOAWAY going up", {{kControl, with_settings(frame(7, varint(4)) + frame(7, varint(8)))}}, 0x108},
      {"an empty GOAWAY", {{kControl, with_settings(frame(7, ""))}}, 0x106},
      {"GOAWAY with something behind", {{kControl, with_settings(frame(7, varint(4) + "x"))}}, 0x106},
      {"a priority for a stream beyond the limit",
       {{kControl, with_settings(frame(0xf0700, varint(400) + "u=1"))}},
       0x108},
      {"a priority for a push", {{kControl, with_settings(frame(0xf0701, varint(0) + "u=1"))}}, 0x108},
      {"a priority that is none", {{kControl, with_settings(frame(0xf0700, varint(0) + "u=x"))}}, 0x101},
      {"a priority frame on a request", {{kRequest, get + frame(0xf0700, varint(0))}}, 0x105},
      {"a second control stream", {{kControl, with_settings("")}, {kOther, kControlType}}, 0x103},
      {"a second encoder stream", {{kEncoder, kEncoderType}, {kOther, kEncoderType}}, 0x103},
      {"a second decoder stream", {{kDecoder, kDecoderType}, {kOther, kDecoderType}}, 0x103},
      {"a push stream of the client", {{kOther, kPushType + varint(0)}}, 0x103},
      {"the end of the control stream", {{kControl, with_settings(""), true}}, 0x104},
      {"its end on its own", {{kControl, with_settings("")}, {kControl, "", true}}, 0x104},
      {"the end of the encoder stream", {{kEncoder, kEncoderType}, {kEncoder, "", true}}, 0x104},
      {"the end of the decoder stream", {{kDecoder, kDecoderType}, {kDecoder, "", true}}, 0x104},
      {"DATA before HEADERS", {{kRequest, data("x")}}, 0x105},
      {"SETTINGS on a request", {{kRequest, kSettings}}, 0x105},
      {"CANCEL_PUSH on a request", {{kRequest, frame(3, varint(0))}}, 0x105},
      {"GOAWAY on a request", {{kRequest, frame(7, varint(0))}}, 0x105},
      {"MAX_PUSH_ID on a request", {{kRequest, frame(13, varint(0))}}, 0x105},
      {"PUSH_PROMISE on a request", {{kRequest, get + frame(5, varint(0) + "xx")}}, 0x105},
      {"HTTP/2's PRIORITY on a request", {{kRequest, frame(2, "xxxxx")}}, 0x105},
      {"HTTP/2's PING on a request", {{kRequest, get + frame(6, "xxxxxxxx")}}, 0x105},
      {"HTTP/2's WINDOW_UPDATE on a request", {{kRequest, get + frame(8, "xxxx")}}, 0x105},
      {"HTTP/2's CONTINUATION on a request", {{kRequest, get + frame(9, "x")}}, 0x105},
      {"HEADERS after trailers",
       {{kRequest, headers(request("/upload/x", "POST")) + headers({{"a", "b"}}) + headers({{"a", "b"}})}},
       0x105},
      {"DATA after trailers",
       {{kRequest, headers(request("/upload/x", "POST")) + headers({{"a", "b"}}) + data("x")}},
       0x105},
      {"a request that ends in a frame", {{kRequest, get.substr(0, get.size() - 1), true}}, 0x106},
      {"a request that ends in a frame's length", {{kRequest, get + std::string("\0", 1), true}}, 0x106},
      {"a reference to the dynamic table, which is empty",
       {{kRequest, frame(1, std::string("\0\0\x80", 3))}},
       0x200},
      {"a static index that there is not", {{kRequest, frame(1, std::string("\0\0\xff\x7f", 4))}}, 0x200},
      {"a capacity above what we allow", {{kEncoder, kEncoderType + "\x3f\xe1\x7f"}}, 0x201},
      {"an insertion that refers to nothing", {{kEncoder, kEncoderType + "\x3f\x21\x80\x01x"}}, 0x201},
      {"a duplicate of nothing", {{kEncoder, kEncoderType + std::string("\x05")}}, 0x201},
      {"an acknowledgement of nothing", {{kDecoder, kDecoderType + "\x84"}}, 0x202},
      {"an increment of zero", {{kDecoder, kDecoderType + std::string("\0", 1)}}, 0x202},
      {"an increment past what was sent", {{kDecoder, kDecoderType + "\x05"}}, 0x202},
  };
  for (const Wrong& wrong : all) {
    SCOPED_TRACE(wrong.what);
    SessionUnderTest under(service_);
    for (const Piece& piece : wrong.pieces)
      if (!under.control.closed) under.give(piece.stream, piece.bytes, piece.fin);
    EXPECT_EQ(under.control.closed, wrong.error);
  }
}

TEST_F(H3SessionTest, TakesEachOfTheseByteByByteToo) {
  SessionUnderTest under(service_);
  for (const char byte : with_settings(frame(13, varint(70'000)) + frame(0x21, "grease"))) {
    under.give(kControl, std::string(1, byte));
    ASSERT_FALSE(under.control.closed);
  }
  for (const char byte : frame(3, varint(70'000))) under.give(kControl, std::string(1, byte));
  ASSERT_TRUE(under.control.closed);
  EXPECT_EQ(*under.control.closed, 0x108u);
}

TEST_F(H3SessionTest, ResetsOnlyTheStreamFor) {
  const Fields good = request("/");
  const auto with = [](const std::string& name, const std::string& value) {
    return headers(request("/", "GET", {{name, value}}));
  };
  const auto without = [&](std::size_t index) {
    Fields fields = good;
    fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(index));
    return headers(fields);
  };
  const auto changed = [&](std::size_t index, const std::string& value) {
    Fields fields = good;
    fields[index].second = value;
    return headers(fields);
  };
  const std::vector<std::pair<std::string, std::string>> all{
      {"no :method", without(0)},
      {"no :scheme", without(1)},
      {"neither :authority nor host", without(2)},
      {"no :path", without(3)},
      {"an empty :authority", changed(2, "")},
      {"an empty :path", changed(3, "")},
      {"a :path without a slash", changed(3, "index.html")},
      {"an asterisk for what is not OPTIONS", changed(3, "*")},
      {"user information in :authority", changed(2, "user@example.org")},
      {"a method that is no token", changed(0, "GE T")},
      {"a pseudo-header twice", headers({good[0], good[0], good[1], good[2], good[3]})},
      {"a pseudo-header that there is not", with(":what", "x")},
      {"a pseudo-header of responses", headers({good[0], good[1], good[2], good[3], {":status", "200"}})},
      {"a pseudo-header behind a field", headers({good[0], {"a", "b"}, good[1], good[2], good[3]})},
      {"a host that is another", with("host", "example.com")},
      {"an empty host", with("host", "")},
      {"an upper-case name", with("Accept", "x")},
      {"an empty name", with("", "x")},
      {"a name with a space", with("a b", "x")},
      {"a value with a line break", with("a", "x\r\ny")},
      {"a value with a NUL", with("a", std::string("x\0y", 3))},
      {"a line break in trailers", headers(good) + headers({{"a", "\n"}})},
      {"connection", with("connection", "close")},
      {"keep-alive", with("keep-alive", "5")},
      {"proxy-connection", with("proxy-connection", "close")},
      {"transfer-encoding", with("transfer-encoding", "chunked")},
      {"upgrade", with("upgrade", "websocket")},
      {"te but for trailers", with("te", "gzip")},
      {"a content-length that is no number", with("content-length", "1x")},
      {"two content-lengths",
       headers(request("/", "GET", {{"content-length", "1"}, {"content-length", "2"}}))},
      {"a body longer than its content-length",
       headers(request("/upload/x", "POST", {{"content-length", "1"}})) + data("xx")},
      {"a body shorter than its content-length",
       headers(request("/upload/x", "POST", {{"content-length", "9"}})) + data("xx")},
      {"a pseudo-header in trailers", headers(good) + headers({{":path", "/"}})},
      {"CONNECT with a path", headers(request("/", "CONNECT"))},
      {"CONNECT without an authority", headers({{":method", "CONNECT"}})},
      {"extended CONNECT, which we do not offer",
       headers({{":method", "CONNECT"}, good[1], good[2], good[3], {":protocol", "websocket"}})},
  };
  for (const auto& [what, bytes] : all) {
    SCOPED_TRACE(what);
    SessionUnderTest under(service_);
    under.give(kControl, with_settings(""));
    under.give(kRequest, bytes, true);
    under.take();
    EXPECT_FALSE(under.control.closed);
    EXPECT_EQ(under.control.aborted[kRequest], 0x10eu);
    EXPECT_EQ(under.control.misuses, 1);
    // The next one is served.
    under.give(kRequest + 4, headers(good), true);
    under.take();
    EXPECT_TRUE(under.finished[kRequest + 4]);
  }
}

TEST_F(H3SessionTest, AnswersAnIncompleteRequestWithItsOwnError) {
  for (const bool header_unknown_frame : {false, true}) {
    SessionUnderTest under(service_);
    under.give(kRequest, header_unknown_frame ? frame(0x21, "grease") : "", true);
    EXPECT_FALSE(under.control.closed);
    EXPECT_EQ(under.control.aborted[kRequest], 0x10du);
    EXPECT_EQ(under.control.misuses, 1);
  }
}

TEST_F(H3SessionTest, TakesNoOffenceAt) {
  const std::vector<std::pair<std::string, std::vector<Piece>>> all{
      {"reserved frames", {{kControl, with_settings(frame(0x21, "x") + frame(0x40, ""))}}},
      {"reserved settings", {{kControl, kControlType + frame(4, varint(0x21) + varint(7))}}},
      {"MAX_PUSH_ID", {{kControl, with_settings(frame(13, varint(4)) + frame(13, varint(4)))}}},
      {"GOAWAY", {{kControl, with_settings(frame(7, varint(8)) + frame(7, varint(4)))}}},
      {"a priority for a stream to come", {{kControl, with_settings(frame(0xf0700, varint(0) + "u=1"))}}},
      {"a reserved stream", {{kOther, varint(0x21) + "anything", true}}},
      {"a stream that ends before its type", {{kOther, "", true}}},
      {"a stream that ends within its type", {{kOther, "\x40", true}}},
  };
  for (const auto& [what, pieces] : all) {
    SCOPED_TRACE(what);
    SessionUnderTest under(service_);
    for (const Piece& piece : pieces) under.give(piece.stream, piece.bytes, piece.fin);
    under.give(kRequest, frame(0x21, "grease") + headers(request("/")) + frame(0x40, "grease"), true);
    under.take();
    EXPECT_FALSE(under.control.closed);
    EXPECT_EQ(read_response(under.sent[kRequest]).status(), "404");
    EXPECT_EQ(under.control.misuses, 0);
  }
}

TEST_F(H3SessionTest, StopsAStreamOfAnUnknownType) {
  SessionUnderTest under(service_);
  under.give(kOther, varint(0x21) + "anything");
  EXPECT_EQ(under.control.stopped[kOther], 0x103u);
  under.give(kOther, "and more", true);
  under.session->closed(kOther, 0);
  EXPECT_FALSE(under.control.closed);
}

TEST_F(H3SessionTest, NoCriticalStreamMayBeResetOrStopped) {
  const std::vector<std::pair<StreamId, std::string>> theirs{
      {kControl, with_settings("")}, {kEncoder, kEncoderType}, {kDecoder, kDecoderType}};
  for (const auto& [stream, bytes] : theirs) {
    SessionUnderTest under(service_);
    under.give(stream, bytes);
    ASSERT_FALSE(under.control.closed);
    under.session->reset(stream, 0);
    EXPECT_EQ(under.control.closed, 0x104u) << stream;
  }
  for (const StreamId ours : {3, 7, 11}) {
    SessionUnderTest stopped(service_), closed(service_);
    stopped.session->write_ended(ours);
    EXPECT_EQ(stopped.control.closed, 0x104u) << ours;
    closed.session->closed(ours, 0);
    EXPECT_EQ(closed.control.closed, 0x104u) << ours;
  }
}

TEST_F(H3SessionTest, AStreamThatIsResetBeforeItsTypeIsNoHarm) {
  SessionUnderTest under(service_);
  under.session->reset(kOther, 0);
  under.session->closed(kOther, 0);
  under.give(kOther + 4, "\x40");
  under.session->reset(kOther + 4, 0);
  under.session->closed(kOther + 4, 0);
  EXPECT_FALSE(under.control.closed);
}

TEST_F(H3SessionTest, NeedsThreeStreamsOfItsOwn) {
  FakeStreamControl control;
  control.uni_allowed = 2;
  const auto session = service_.accept(control);
  session->ready();
  EXPECT_TRUE(control.closed);
}

TEST_F(H3SessionTest, AnnouncesWhatItTakesOfHeaderFieldsAndHoldsToIt) {
  SessionUnderTest under(service_);
  under.take();
  // SETTINGS_MAX_FIELD_SECTION_SIZE is 64 KiB.
  EXPECT_NE(under.sent[3].find(varint(6) + varint(64 << 10)), std::string::npos);
  const std::string value(16'000, 'x');
  const Fields large{{"a", value}, {"b", value}, {"c", value}, {"d", value}, {"e", value}};
  under.give(0, headers(request("/", "GET", large)), true);
  under.give(4, headers(request("/", "GET", Fields(300, {"a", "b"}))), true);
  under.give(8, headers(request("/", "GET", Fields(200, {"a", "b"}))), true);
  under.give(12, headers(request("/", "GET", Fields(2000, {"a", "b"}))), true);
  under.take();
  EXPECT_FALSE(under.control.closed);
  EXPECT_EQ(read_response(under.sent[0]).status(), "431");
  EXPECT_EQ(read_response(under.sent[4]).status(), "431");
  EXPECT_EQ(read_response(under.sent[8]).status(), "404");
  EXPECT_EQ(under.control.aborted[12], 0x107u) << "no answer is worth reading all that";
}

TEST_F(H3SessionTest, CountsRequestsThatAreGivenUp) {
  SessionUnderTest under(service_);
  under.give(0, headers(request("/", "GET")).substr(0, 9));
  under.session->reset(0, 0x10c);
  EXPECT_EQ(under.control.misuses, 1) << "reset in its header fields";
  EXPECT_EQ(under.control.aborted[0], 0x10cu);
  under.give(4, headers(request("/")), true);
  under.session->closed(4, 0x10c);
  EXPECT_EQ(under.control.misuses, 2) << "its answer was not wanted";
  under.give(8, headers(request("/")), true);
  under.take();
  under.session->closed(8, 0x100);
  under.give(12, headers(request("/", "POST")));
  under.take();
  EXPECT_EQ(under.control.stopped[12], 0x100u);
  under.session->reset(12, 0x100);
  under.session->closed(12, 0x100);
  EXPECT_EQ(under.control.misuses, 2) << "answered, and answered early";
}

TEST_F(H3SessionTest, GoesAwayInTwoSteps) {
  SessionUnderTest under(service_);
  under.give(kControl, with_settings(""));
  under.take();
  under.session->acked(3, under.sent[3].size());
  under.give(0, headers(request("/")), true);
  EXPECT_FALSE(under.session->drained());
  under.sent.clear();
  under.session->drain();
  under.session->drain();
  under.take();
  EXPECT_EQ(under.sent[3], frame(7, varint((std::uint64_t{1} << 62) - 4)));
  under.give(4, headers(request("/")), true);
  under.take();
  EXPECT_TRUE(under.finished[4]) << "it was on its way when the warning was sent";
  under.session->acked(3, under.sent[3].size());
  under.sent.clear();
  under.take();
  EXPECT_EQ(under.sent[3], frame(7, varint(8)));
  under.give(8, headers(request("/")), true);
  EXPECT_EQ(under.control.aborted[8], 0x10bu);
  EXPECT_EQ(under.control.misuses, 0);
  EXPECT_FALSE(under.session->drained());
  under.session->closed(0, 0x100);
  under.session->closed(4, 0x100);
  EXPECT_TRUE(under.session->drained()) << "the refused one does not count";
  EXPECT_EQ(under.session->no_error(), 0x100u);
  EXPECT_EQ(under.session->excessive_load(), 0x107u);
}

}  // namespace
}  // namespace quicrx::test
