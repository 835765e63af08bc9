#pragma once

#include <string_view>

namespace wf::bench {

/// The head Chromium sends with the PATCH of a recording page (19 fields).
inline constexpr std::string_view patch_head =
    "PATCH /files/3f2b8c64-1d5e-4c0a-9a63-0d2f5b8f7e11/chunks/42 HTTP/1.1\r\n"
    "Host: recorder.example.org\r\n"
    "Connection: keep-alive\r\n"
    "Content-Length: 1048576\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 "
    "Safari/537.36\r\n"
    "sec-ch-ua: \"Chromium\";v=\"146\", \"Not-A.Brand\";v=\"24\", \"Google Chrome\";v=\"146\"\r\n"
    "Content-Type: application/offset+octet-stream\r\n"
    "Upload-Offset: 0\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "Tus-Resumable: 1.0.0\r\n"
    "Accept: */*\r\n"
    "Origin: https://recorder.example.org\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: cors\r\n"
    "Sec-Fetch-Dest: empty\r\n"
    "Referer: https://recorder.example.org/record?room=7&lang=en\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "\r\n";

/// What a small client sends, as wfload does.
inline constexpr std::string_view short_head =
    "PATCH /files/3f2b8c64-1d5e-4c0a-9a63-0d2f5b8f7e11/chunks/42 HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "Tus-Resumable: 1.0.0\r\n"
    "Upload-Offset: 524288\r\n"
    "Content-Type: application/offset+octet-stream\r\n"
    "Content-Length: 524288\r\n"
    "\r\n";

}  // namespace wf::bench
