// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/request.h"

#include "common/base/version.h"

namespace bridge::httpclient {

namespace {

bool isNamed(const Header &header, QByteArrayView name)
{
    return header.first.compare(name, Qt::CaseInsensitive) == 0;
}

} // namespace

QByteArray headerValue(const Headers &headers, QByteArrayView name)
{
    for (const Header &header : headers) {
        if (isNamed(header, name))
            return header.second;
    }
    return {};
}

void removeHeader(Headers &headers, QByteArrayView name)
{
    headers.removeIf([name](const Header &header) { return isNamed(header, name); });
}

QByteArray userAgent()
{
    return QByteArray("mcp-bridge/") + kVersion;
}

void setHeader(Headers &headers, const QByteArray &name, const QByteArray &value)
{
    removeHeader(headers, name);
    headers.append({name, value});
}

} // namespace bridge::httpclient
