// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/personpage.h"

#include <QtCore/QCryptographicHash>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

// Within the page, for a provider's redirect may arrive when nothing else can be loaded.
constexpr const char *kStyle =
    ":root{color-scheme:light dark}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f4f5f7;"
    "color:#1c2330;font:16px/1.5 system-ui,sans-serif}"
    "main{box-sizing:border-box;width:min(32rem,calc(100vw - 2rem));padding:2rem;"
    "background:#fff;border:1px solid #d9dde3;border-radius:12px;overflow-wrap:anywhere}"
    "small{color:#5b6575;letter-spacing:.02em}"
    "h1{margin:.25rem 0 1rem;font-size:1.5rem;line-height:1.2}"
    "p{margin:0 0 1.25rem}form{margin:0}"
    "button,a.button{display:inline-block;padding:.6rem 1.1rem;border:0;border-radius:8px;"
    "background:#1f5fd0;color:#fff;font:inherit;font-weight:600;text-decoration:none;"
    "cursor:pointer}"
    "button:hover,a.button:hover{background:#184ca8}"
    "button:focus-visible,a.button:focus-visible{outline:3px solid #8db4f5;outline-offset:2px}"
    "@media(prefers-color-scheme:dark){body{background:#14181f;color:#e6e9ee}"
    "main{background:#1d232c;border-color:#333c48}small{color:#9aa5b4}}";

QByteArray policyOf(const PersonPage &page)
{
    // CSP level 3 §2.3.1: a style of the page itself is allowed by its hash.
    static const QByteArray style =
        QCryptographicHash::hash(QByteArray(kStyle), QCryptographicHash::Sha256).toBase64();
    QByteArray policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; ";
    policy += "style-src 'sha256-" + style + "'; form-action ";
    policy += page.formTarget.isEmpty() ? "'none'"_ba
                                        : QByteArray("'self' " + page.formTarget.toLatin1());
    return policy;
}

} // namespace

http::Response personPage(const PersonPage &page)
{
    const QString title = page.title.toHtmlEscaped();
    QString html = u"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                   "<title>"_s;
    html += title + u" · MCP Bridge</title><style>"_s + QString::fromLatin1(kStyle);
    html += u"</style></head><body><main><small>MCP Bridge</small><h1>"_s + title + u"</h1><p>"_s;
    html += page.text.toHtmlEscaped() + u"</p>"_s + page.html + u"</main></body></html>"_s;
    http::Response answer =
        http::Response::text(page.status, html.toUtf8(), "text/html; charset=utf-8");
    answer.setHeader("Content-Security-Policy", policyOf(page));
    answer.setHeader("X-Content-Type-Options", "nosniff");
    answer.setHeader("Cache-Control", "no-store");
    answer.setHeader("Referrer-Policy", "no-referrer");
    return answer;
}

} // namespace bridge::routes
