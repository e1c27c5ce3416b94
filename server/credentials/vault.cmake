# SPDX-License-Identifier: GPL-3.0-or-later
# The vault is a library of its own: the command line needs it without the rest of the room.
find_package(Qt6 REQUIRED COMPONENTS Sql)
if(WIN32)
    set(privacy_source processprivacy_win.cpp)
else()
    set(privacy_source processprivacy_unix.cpp)
endif()
bridge_module(NAME vault
    SOURCES
        processprivacy.h ${privacy_source}
        vault.cpp vault.h
        vaultdatabase.cpp vaultdatabase.h
        vaultkeys.cpp vaultkeys.h
        vaultstore.cpp vaultstore.h
    LINK bridge::base bridge::async bridge::config bridge::crypto bridge::logging Qt6::Sql)
