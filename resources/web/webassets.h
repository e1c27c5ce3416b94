// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QStringView>

#include <optional>

namespace bridge::web {

/// One embedded file of the pages /docs and /redoc. The bytes lie in the program itself: copying
/// an Asset copies nothing and needs no memory.
struct Asset {
    QByteArray bytes;
    /// The same file as a gzip stream, for clients whose Accept-Encoding allows it (RFC 9110
    /// §12.5.3); the answer then needs `Vary: Accept-Encoding`.
    QByteArray gzip;
    QByteArray contentType;
    /// Weak, so that it holds for both encodings.
    QByteArray etag;
};

/// The file `name` ("docs.html", "swagger-ui.css"), or nothing when there is none of that name.
/// The pages name their parts "web/<name>" and the document "openapi.json", both relative to
/// themselves. Thread-safe.
std::optional<Asset> webAsset(QStringView name);

} // namespace bridge::web
