// SPDX-License-Identifier: GPL-3.0-or-later
// A certificate for one name, signed by itself and made anew for each run.
#pragma once

#include <QtNetwork/QSslCertificate>
#include <QtNetwork/QSslKey>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

struct TestCertificate {
    QSslCertificate certificate;
    QSslKey key;

    static TestCertificate forName(const QByteArray &name)
    {
        const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(
            EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free);
        const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), &X509_free);
        X509_set_version(x509.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(x509.get()), -3600);
        X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
        X509_NAME *subject = X509_get_subject_name(x509.get());
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char *>(name.constData()), -1,
                                   -1, 0);
        X509_set_issuer_name(x509.get(), subject);
        X509_set_pubkey(x509.get(), pair.get());
        X509_EXTENSION *alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                                          QByteArray("DNS:" + name).constData());
        X509_add_ext(x509.get(), alternative, -1);
        X509_EXTENSION_free(alternative);
        X509_sign(x509.get(), pair.get(), EVP_sha256());

        const std::unique_ptr<BIO, decltype(&BIO_free)> keyText(BIO_new(BIO_s_mem()), &BIO_free);
        const std::unique_ptr<BIO, decltype(&BIO_free)> certText(BIO_new(BIO_s_mem()), &BIO_free);
        PEM_write_bio_PrivateKey(keyText.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
        PEM_write_bio_X509(certText.get(), x509.get());
        return {QSslCertificate(textOf(certText.get())), QSslKey(textOf(keyText.get()), QSsl::Ec)};
    }

private:
    static QByteArray textOf(BIO *bio)
    {
        char *bytes = nullptr;
        const long size = BIO_get_mem_data(bio, &bytes);
        return {bytes, size};
    }
};
