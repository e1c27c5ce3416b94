# SPDX-License-Identifier: GPL-3.0-or-later
# A library of its own: the command line makes and lists keys without the rest of the room.
bridge_module(NAME apikeys
    SOURCES
        apikeyfile.cpp apikeyfile.h
        apikeystore.cpp apikeystore.h
        apikeystrategy.cpp apikeystrategy.h
        apikeyuse.cpp apikeyuse.h
    LINK bridge::base bridge::async bridge::config bridge::crypto bridge::logging bridge::auth)
