# SPDX-License-Identifier: GPL-3.0-or-later
# bridge_module(NAME room SOURCES … LINK …)  one folder = one static library = one namespace
# bridge_test(name SOURCES … LINK … LABEL …) one Qt Test program, registered as tst_<name>
include(BridgeWarnings)
include(BridgeSanitizers)

add_library(bridge_flags INTERFACE)
target_link_libraries(bridge_flags INTERFACE bridge_warnings bridge_sanitizers)
target_include_directories(bridge_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_definitions(bridge_flags INTERFACE
    QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_URL_CAST_FROM_STRING
    QT_NO_CAST_FROM_BYTEARRAY QT_NO_FOREACH QT_NO_CONTEXTLESS_CONNECT QT_USE_QSTRINGBUILDER
    QT_DISABLE_DEPRECATED_BEFORE=0x060400 QT_DISABLE_DEPRECATED_UP_TO=0x060400
    QT_NO_KEYWORDS)
# Plugins are shared libraries made of the same modules and the same precompiled header, so that
# all is compiled alike. Debian 12's Qt asks for this by itself, Debian 13's does not.
get_target_property(flags_of_qt Qt6::Core INTERFACE_COMPILE_OPTIONS)
if(NOT WIN32 AND NOT flags_of_qt MATCHES "-fPIC")
    target_compile_options(bridge_flags INTERFACE -fPIC)
endif()

# The precompiled header is compiled once, with the flags every module shares.
if(BRIDGE_PCH)
    add_library(bridge_pch STATIC "${CMAKE_SOURCE_DIR}/packaging/cmake/pch.cpp")
    target_link_libraries(bridge_pch PRIVATE bridge_flags Qt6::Core Qt6::Network)
    target_precompile_headers(bridge_pch PRIVATE "${CMAKE_SOURCE_DIR}/packaging/cmake/pch.h")
endif()

if("thread" IN_LIST BRIDGE_SANITIZE AND NOT WIN32)
    add_library(bridge_tsanclone OBJECT "${CMAKE_SOURCE_DIR}/tests/support/tsanclone_unix.cpp")
endif()

function(bridge_setup target)
    set_target_properties(${target} PROPERTIES AUTOMOC ON)
    target_link_libraries(${target} PRIVATE bridge_flags)
    if(BRIDGE_PCH)
        target_precompile_headers(${target} REUSE_FROM bridge_pch)
    endif()
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "EXECUTABLE" AND "thread" IN_LIST BRIDGE_SANITIZE AND NOT WIN32)
        target_link_libraries(${target} PRIVATE bridge_tsanclone)
    endif()
endfunction()

function(bridge_module)
    cmake_parse_arguments(arg "" "NAME" "SOURCES;LINK" ${ARGN})
    set(target bridge_${arg_NAME})
    add_library(${target} STATIC ${arg_SOURCES})
    add_library(bridge::${arg_NAME} ALIAS ${target})
    target_link_libraries(${target} PUBLIC Qt6::Core Qt6::Network ${arg_LINK})
    bridge_setup(${target})
endfunction()

function(bridge_test name)
    cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;LINK" ${ARGN})
    if(NOT arg_LABEL)
        set(arg_LABEL unit)
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    set(target tst_${name})
    if(NOT arg_SOURCES)
        set(arg_SOURCES tst_${name}.cpp)
    endif()
    add_executable(${target} ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE Qt6::Core Qt6::Network Qt6::Test ${arg_LINK})
    target_compile_definitions(${target} PRIVATE
        BRIDGE_SHARED_DATA="${BRIDGE_SHARED_DATA}" BRIDGE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
        BRIDGE_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
    bridge_setup(${target})
    add_test(NAME ${target} COMMAND ${target})
    set_tests_properties(${target} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "QT_QPA_PLATFORM=offscreen")
endfunction()
