// SPDX-License-Identifier: MIT
/// What HTTP/3 answers to requests that are well-formed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "fake_stream_control.h"
#include "h3_bytes.h"
#include "service/document_root.h"
#include "service/h3_service.h"
#include "service/http_date.h"

namespace quicrx::test {
namespace {

constexpr StreamId kRequest = 0;

class H3RequestTest : public testing::Test {
 protected:
  H3RequestTest() {
    folder_ =
        std::filesystem::temp_directory_path() / ("quicrx-h3-" + std::to_string(std::random_device()()));
    std::filesystem::create_directories(folder_ / "uploads");
    config_.root = std::move(*open_folder(folder_));
    config_.upload_dir = std::move(*open_folder(folder_ / "uploads"));
    make("ten.txt", "0123456789");
  }
  ~H3RequestTest() override { std::filesystem::remove_all(folder_); }

  void make(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name) << content;
    // An age at which a date is a strong validator.
    std::filesystem::last_write_time(folder_ / name,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1));
  }
  [[nodiscard]] std::string stored(const std::string& name) const {
    std::ifstream file(folder_ / "uploads" / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::size_t files_in_uploads() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_ / "uploads"), {}));
  }

  Response ask(const std::string& path, const std::string& method = "GET", const Fields& more = {},
               const std::string& body = {}) {
    SessionUnderTest under(service_);
    under.give(kRequest, headers(request(path, method, more)) + (body.empty() ? "" : data(body)), true);
    under.take();
    EXPECT_FALSE(under.control.closed);
    EXPECT_TRUE(under.finished[kRequest]);
    return read_response(under.sent[kRequest]);
  }

  std::filesystem::path folder_;
  HttpConfig config_;
  H3Service service_{config_};
};

TEST_F(H3RequestTest, AFileComesWithAllThatIsKnownOfIt) {
  const Response response = ask("/ten.txt");
  EXPECT_EQ(response.status(), "200");
  EXPECT_EQ(response.body, "0123456789");
  EXPECT_EQ(response.field("content-length"), "10");
  EXPECT_EQ(response.field("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response.field("accept-ranges"), "bytes");
  EXPECT_EQ(response.field("server"), "quicrx");
  const std::time_t now = std::time(nullptr);
  const auto date = parse_http_date(response.field("date"), now);
  const auto modified = parse_http_date(response.field("last-modified"), now);
  ASSERT_TRUE(date && modified);
  EXPECT_NEAR(static_cast<double>(*date), static_cast<double>(now), 2);
  EXPECT_LT(*modified, *date - 50);
}

TEST_F(H3RequestTest, HeadIsGetWithoutTheBody) {
  const Response get = ask("/ten.txt"), head = ask("/ten.txt", "HEAD", {{"range", "bytes=0-1"}});
  EXPECT_EQ(head.status(), "200") << "Range is for GET";
  EXPECT_EQ(head.body, "");
  for (const std::string name : {"content-length", "content-type", "etag", "last-modified"})
    EXPECT_EQ(head.field(name), get.field(name)) << name;
  EXPECT_EQ(ask("/missing", "HEAD").status(), "404");
  EXPECT_EQ(ask("/missing", "HEAD").body, "");
}

TEST_F(H3RequestTest, ServesParts) {
  const Response part = ask("/ten.txt", "GET", {{"range", "bytes=2-4"}});
  EXPECT_EQ(part.status(), "206");
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.field("content-length"), "3");
  EXPECT_EQ(part.field("content-range"), "bytes 2-4/10");
  EXPECT_EQ(part.field("etag"), ask("/ten.txt").field("etag"));
  EXPECT_EQ(ask("/ten.txt", "GET", {{"range", "bytes=-2"}}).body, "89");
  EXPECT_EQ(ask("/ten.txt", "GET", {{"range", "bytes=8-"}}).body, "89");
  const Response beyond = ask("/ten.txt", "GET", {{"range", "bytes=10-"}});
  EXPECT_EQ(beyond.status(), "416");
  EXPECT_EQ(beyond.field("content-range"), "bytes */10");
  for (const std::string range : {"bytes=0-1,4-5", "rubbish"})
    EXPECT_EQ(ask("/ten.txt", "GET", {{"range", range}}).status(), "200") << range;
  EXPECT_EQ(ask("/ten.txt", "GET", {{"range", "bytes=0-1"}, {"range", "bytes=0-1"}}).status(), "200");
}

TEST_F(H3RequestTest, IfRangeServesTheWholeOfWhatHasChanged) {
  const Response whole = ask("/ten.txt");
  const auto with = [&](const std::string& validator) {
    return ask("/ten.txt", "GET", {{"range", "bytes=0-1"}, {"if-range", validator}}).status();
  };
  EXPECT_EQ(with(whole.field("etag")), "206");
  EXPECT_EQ(with(whole.field("last-modified")), "206");
  EXPECT_EQ(with("\"other\""), "200");
  EXPECT_EQ(with("Sun, 06 Nov 1994 08:49:37 GMT"), "200");
}

TEST_F(H3RequestTest, AnswersConditions) {
  const Response whole = ask("/ten.txt");
  const Response same =
      ask("/ten.txt", "GET", {{"if-none-match", "\"x\""}, {"if-none-match", whole.field("etag")}});
  EXPECT_EQ(same.status(), "304");
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(same.field("etag"), whole.field("etag"));
  EXPECT_EQ(same.field("content-length"), "");
  EXPECT_NE(same.field("date"), "");
  EXPECT_EQ(ask("/ten.txt", "GET", {{"if-modified-since", whole.field("last-modified")}}).status(), "304");
  EXPECT_EQ(ask("/ten.txt", "HEAD", {{"if-none-match", "*"}}).status(), "304");
  EXPECT_EQ(ask("/ten.txt", "GET", {{"if-match", "\"x\""}}).status(), "412");
  EXPECT_EQ(ask("/ten.txt", "GET", {{"if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT"}}).status(),
            "412");
  EXPECT_EQ(ask("/missing", "GET", {{"if-match", "*"}}).status(), "404") << "conditions do not hide errors";
  make("ten.txt", "9876543210");
  EXPECT_EQ(ask("/ten.txt", "GET", {{"if-none-match", whole.field("etag")}}).status(), "200");
}

TEST_F(H3RequestTest, AnUploadHeedsConditions) {
  EXPECT_EQ(ask("/upload/new", "PUT", {{"if-none-match", "*"}}, "first").status(), "201");
  EXPECT_EQ(ask("/upload/new", "PUT", {{"if-none-match", "*"}}, "second").status(), "412");
  EXPECT_EQ(ask("/upload/other", "PUT", {{"if-match", "*"}}, "third").status(), "412");
  EXPECT_EQ(stored("new"), "first");
  EXPECT_EQ(files_in_uploads(), 1u);
}

TEST_F(H3RequestTest, KnowsWhichMethodsItHas) {
  const Response options = ask("/ten.txt", "OPTIONS");
  EXPECT_EQ(options.status(), "204");
  EXPECT_EQ(options.field("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(options.field("content-length"), "") << "RFC 9110 section 8.6";
  EXPECT_EQ(ask("*", "OPTIONS").field("allow"), "GET, HEAD, OPTIONS, PUT, POST");
  EXPECT_EQ(ask("/upload/x", "OPTIONS").field("allow"), "GET, HEAD, OPTIONS, PUT, POST");
  for (const std::string method : {"PUT", "POST", "DELETE", "PATCH", "TRACE"}) {
    const Response response = ask("/ten.txt", method);
    EXPECT_EQ(response.status(), "405") << method;
    EXPECT_EQ(response.field("allow"), "GET, HEAD, OPTIONS");
  }
  EXPECT_EQ(ask("/ten.txt", "BREW").status(), "501");
}

TEST_F(H3RequestTest, ConnectIsNotForUs) {
  SessionUnderTest under(service_);
  under.give(kRequest, headers({{":method", "CONNECT"}, {":authority", "example.org:443"}}));
  under.take();
  EXPECT_EQ(read_response(under.sent[kRequest]).status(), "501");
  EXPECT_TRUE(under.finished[kRequest]);
  EXPECT_EQ(under.control.stopped[kRequest], 0x100u);
  under.give(kRequest, data("tunnelled"), true);
  EXPECT_FALSE(under.control.closed);
}

TEST_F(H3RequestTest, AHostThatAgreesIsTaken) {
  EXPECT_EQ(ask("/ten.txt", "GET", {{"host", "Example.org"}}).status(), "200");
  SessionUnderTest under(service_);
  under.give(kRequest,
             headers({{":method", "GET"}, {":scheme", "https"}, {":path", "/ten.txt"}, {"host", "a"}}), true);
  under.take();
  EXPECT_EQ(read_response(under.sent[kRequest]).status(), "200");
}

TEST_F(H3RequestTest, DiscardsUploadsWhenToldTo) {
  config_.upload_dir = {};
  EXPECT_EQ(ask("/upload/x", "PUT", {}, "1234").status(), "403");
  config_.discard_uploads = true;
  config_.max_upload_bytes = 4;
  EXPECT_EQ(ask("/upload/x", "PUT", {}, "1234").status(), "204");
  EXPECT_EQ(ask("/upload/x", "POST", {}, "12345").status(), "413");
  EXPECT_EQ(ask("/elsewhere", "POST", {}, "1").status(), "405");
  EXPECT_EQ(files_in_uploads(), 0u);
}

TEST_F(H3RequestTest, AnUploadIsNotReadToItsEndWhenItIsRefused) {
  config_.max_upload_bytes = 4;
  SessionUnderTest under(service_);
  under.give(kRequest, headers(request("/upload/x", "POST")) + data("123"));
  under.give(kRequest, data("45"));
  under.take();
  EXPECT_EQ(read_response(under.sent[kRequest]).status(), "413");
  EXPECT_EQ(under.control.stopped[kRequest], 0x100u);
  EXPECT_EQ(files_in_uploads(), 0u);
  EXPECT_EQ(ask("/upload/x", "POST", {}, "12345").status(), "413");
}

TEST_F(H3RequestTest, WhatIsConsumedIsAllThatCame) {
  SessionUnderTest under(service_);
  const std::string all = headers(request("/upload/x", "POST")) + data("body") + frame(0x21, "grease");
  under.give(kRequest, all, true);
  EXPECT_EQ(under.control.consumed[kRequest], all.size());
  const std::string malformed = headers(request("/upload/x", "POST", {{"content-length", "1"}})) + data("xx");
  under.give(4, malformed);
  EXPECT_EQ(under.control.consumed[4], malformed.size());
  under.give(4, "anything");
  EXPECT_EQ(under.control.consumed[4], malformed.size() + 8) << "dropped, but not held against the window";
}

/// A request whose last field line is the dynamic table's first entry, which is yet to come (RFC 9204).
std::string with_first_entry(const Fields& fields) {
  const std::string plain = headers(fields);
  std::string section = plain.substr(plain.find(std::string(2, 0)));
  section[0] = 2;
  return frame(1, section + "\x80");
}
/// The encoder stream: its type, a capacity of 4,096 bytes, and the entry "x-a" with a value of one byte.
std::string first_entry(char value) {
  return std::string("\x02\x3f\xe1\x1f\x43x-a\x01") + value;
}

TEST_F(H3RequestTest, WaitsForWhatTheEncoderStreamBrings) {
  SessionUnderTest under(service_);
  const std::string all = with_first_entry(request("/upload/late", "POST")) + data("body");
  under.give(kRequest, all, true);
  under.take();
  EXPECT_FALSE(under.finished[kRequest]);
  under.give(6, first_entry('b'));
  under.take();
  EXPECT_FALSE(under.control.closed);
  EXPECT_EQ(read_response(under.sent[kRequest]).status(), "201");
  EXPECT_EQ(stored("late"), "body");
  EXPECT_EQ(under.control.consumed[kRequest], all.size());
  EXPECT_TRUE(under.control.stopped.empty());
}

TEST_F(H3RequestTest, WhatTheEncoderStreamBringsMayBeMalformed) {
  SessionUnderTest under(service_);
  under.give(0, with_first_entry(request("/upload/late", "POST")) + data("body"), true);
  under.give(6, first_entry('\n'));
  under.give(4, with_first_entry(request("/ten.txt")), true);
  under.give(8, headers(request("/ten.txt")), true);
  under.take();
  EXPECT_FALSE(under.control.closed);
  EXPECT_EQ(under.control.aborted[0], 0x10eu);
  EXPECT_EQ(under.control.aborted[4], 0x10eu);
  EXPECT_TRUE(under.finished[8]);
  EXPECT_EQ(files_in_uploads(), 0u);
  EXPECT_EQ(under.control.misuses, 2);
  // The peer's answer to our STOP_SENDING is no misuse of its own.
  for (const StreamId stream : {0, 4}) under.session->reset(stream, 0x10e);
  for (const StreamId stream : {0, 4, 8}) under.session->closed(stream, 0x10e);
  EXPECT_EQ(under.control.misuses, 2);
  EXPECT_TRUE(under.session->drained());
}

TEST_F(H3RequestTest, WhatIsNotSafeWaitsForTheHandshake) {
  SessionUnderTest under(service_);
  under.control.is_early = true;
  under.give(0, headers(request("/upload/x", "POST")) + data("early"), true);
  under.give(4, headers(request("/ten.txt")), true);
  under.give(8, headers(request("/upload/y", "POST")) + data("given up"), true);
  under.session->reset(8, 0x10c);
  under.take();
  EXPECT_TRUE(under.finished[4]) << "a GET may be answered twice";
  EXPECT_FALSE(under.finished[0]);
  EXPECT_EQ(stored("x"), "");
  EXPECT_FALSE(under.session->drained());
  under.control.is_early = false;
  under.session->handshake_completed();
  under.take();
  EXPECT_EQ(read_response(under.sent[0]).status(), "201");
  EXPECT_EQ(stored("x"), "early");
  EXPECT_EQ(files_in_uploads(), 1u);
}

TEST_F(H3RequestTest, IncrementalResponsesAreSentSideBySide) {
  make("large", std::string(200'000, 'x'));
  const auto switches = [&](const std::string& priority) {
    SessionUnderTest under(service_);
    for (const StreamId stream : {0, 4})
      under.give(stream, headers(request("/large", "GET", {{"priority", priority}})), true);
    under.take(1'000);
    EXPECT_TRUE(under.finished[0] && under.finished[4]);
    int count = 0;
    for (std::size_t i = 1; i < under.order.size(); ++i)
      if (under.order[i] != under.order[i - 1]) ++count;
    return count;
  };
  EXPECT_GT(switches("u=3, i"), 100) << "RFC 9218 section 10: they share";
  EXPECT_LT(switches("u=3"), 10) << "one after the other";
}

TEST_F(H3RequestTest, AnUrgentResponseGoesFirst) {
  make("large", std::string(200'000, 'x'));
  SessionUnderTest under(service_);
  under.give(0, headers(request("/large", "GET", {{"priority", "u=5"}})), true);
  under.give(4, headers(request("/large", "GET", {{"priority", "u=1"}})), true);
  under.take(1'000);
  const auto last = [&](StreamId stream) {
    return std::distance(under.order.begin(),
                         std::find(under.order.rbegin(), under.order.rend(), stream).base());
  };
  EXPECT_LT(last(4), last(0));
}

}  // namespace
}  // namespace quicrx::test
