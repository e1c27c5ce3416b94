// SPDX-License-Identifier: GPL-3.0-or-later
// JSON text from pieces that are already JSON text, so that a value can be passed on byte for byte
// (QJsonObject sorts its keys and rewrites numbers). Any thread; one writer per thread.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QJsonValue>
#include <QtCore/QStringView>

namespace bridge::json {

/// \a text as a JSON string with its quotes (RFC 8259 §7), UTF-8. Control characters and lone
/// surrogates are written as `\uXXXX`, everything else as it is.
QByteArray quoted(QStringView text);
/// \a value of any type as compact JSON; `null` for undefined and for numbers JSON cannot express.
QByteArray compactJson(const QJsonValue &value);

/// Builds one JSON object, members in the order they are given. Keys are not checked for repeats.
class ObjectWriter
{
public:
    /// Adds \a key with \a json, which must be one complete JSON value; it is copied as it is.
    ObjectWriter &raw(QStringView key, QByteArrayView json);
    /// Adds \a key with \a value; an undefined value is left out.
    ObjectWriter &value(QStringView key, const QJsonValue &value);
    bool isEmpty() const { return m_bytes.isEmpty(); }
    /// The finished object; the writer is empty afterwards.
    QByteArray take();

private:
    QByteArray m_bytes;
};

} // namespace bridge::json
