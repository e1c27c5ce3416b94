// SPDX-License-Identifier: GPL-3.0-or-later
// Outcome of an operation as a value: what was asked for, or an Error.
#pragma once

#include "common/base/error.h"

#include <utility>
#include <variant>

namespace bridge {

/// Stands for "no value" in Result<Nothing>: the operation succeeded and has nothing to hand back.
struct Nothing {
};

/// Either a T or an Error. Reading the wrong one is a programming error and asserts.
template <typename T = Nothing>
class [[nodiscard]] Result
{
public:
    Result(T value) : m_state(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return m_state.index() == 0; }
    explicit operator bool() const { return ok(); }

    const T &value() const & { return *std::get_if<0>(&m_state); }
    T &value() & { return *std::get_if<0>(&m_state); }
    T &&value() && { return std::move(*std::get_if<0>(&m_state)); }
    const T *operator->() const { return std::get_if<0>(&m_state); }
    T *operator->() { return std::get_if<0>(&m_state); }
    const T &operator*() const & { return value(); }
    T &operator*() & { return value(); }
    T &&operator*() && { return std::move(*this).value(); }

    const Error &error() const & { return *std::get_if<1>(&m_state); }
    Error &&error() && { return std::move(*std::get_if<1>(&m_state)); }

private:
    std::variant<T, Error> m_state;
};

} // namespace bridge
