// A temporary folder, and whole files.
#pragma once

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include <stdlib.h>

// Lies under TMPDIR, and goes with all that is in it at the end of its scope.
class TemporaryFolder {
public:
    TemporaryFolder() : path(std::filesystem::temp_directory_path() / "emulated-gpu-XXXXXX") {
        std::string name = path;
        if (!mkdtemp(name.data())) {
            throw std::system_error(errno, std::generic_category(), name);
        }
        path = name;
    }

    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string file(const char* name) const { return path / name; }

private:
    std::filesystem::path path;
};

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, std::string_view content) {
    std::ofstream file(path, std::ios::binary);
    file.exceptions(std::ios::failbit | std::ios::badbit);
    file << content << std::flush;
}
