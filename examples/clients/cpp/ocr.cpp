// Have a picture read: ocr PICTURE MARKED. With libcurl and nlohmann/json.
#include <curl/curl.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace {

const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encoded(const std::string& bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
        for (std::size_t k = 0; k < 4; ++k)
            text += i + k <= bytes.size() ? alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

std::string decoded(const std::string& text) {
    std::string bytes;
    std::uint32_t group = 0;
    int bits = 0;
    for (char each : text) {
        const auto value = alphabet.find(each);
        if (value == std::string::npos) break;
        group = group << 6 | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) bytes += static_cast<char>(group >> (bits -= 8) & 255);
    }
    return bytes;
}

std::size_t keep(char* data, std::size_t size, std::size_t count, void* body) {
    static_cast<std::string*>(body)->append(data, size * count);
    return size * count;
}

std::string variable(const char* name, const std::string& otherwise) {
    const char* value = std::getenv(name);
    return value ? value : otherwise;
}

void read(const std::string& picture, const std::string& marked) {
    std::ifstream file(picture, std::ios::binary);
    if (!file) throw std::runtime_error("cannot open " + picture);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    const std::string asked = nlohmann::json{{"image", encoded(content)}}.dump();

    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> line(curl_easy_init(), curl_easy_cleanup);
    curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
    const std::string token = variable("INKREAD_TOKEN", "");
    if (!token.empty()) headers = curl_slist_append(headers, ("Authorization: Bearer " + token).c_str());
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> kept(headers, curl_slist_free_all);
    std::string body;
    const std::string url = variable("INKREAD_URL", "http://127.0.0.1:8080") + "/ocr";
    curl_easy_setopt(line.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(line.get(), CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(line.get(), CURLOPT_POSTFIELDS, asked.c_str());
    curl_easy_setopt(line.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(asked.size()));
    curl_easy_setopt(line.get(), CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(line.get(), CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(line.get(), CURLOPT_TIMEOUT, 120L);
    const CURLcode done = curl_easy_perform(line.get());
    if (done != CURLE_OK) throw std::runtime_error(curl_easy_strerror(done));
    long status = 0;
    curl_easy_getinfo(line.get(), CURLINFO_RESPONSE_CODE, &status);

    const auto reply = nlohmann::json::parse(body);
    if (status != 200) throw std::runtime_error(reply.at("errorMsg").get<std::string>());
    for (const auto& text : reply.at("result").at("texts"))
        std::printf("%.2f %s\n", text.at("score").get<double>(), text.at("text").get<std::string>().c_str());
    std::ofstream(marked, std::ios::binary) << decoded(reply.at("result").at("image").get<std::string>());
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return 2;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    try {
        read(arguments[1], arguments[2]);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    curl_global_cleanup();
    return 0;
}
