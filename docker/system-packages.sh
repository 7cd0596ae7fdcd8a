#!/usr/bin/env bash
# Installs what Wangge needs from Debian and this machine lacks; quick and silent when all is there.
#
#   system-packages.sh run     to run: PostgreSQL, PostGIS, Python, GDAL, what psycopg2 is built with
#   system-packages.sh test    the same, and to test: Chromium, with a face for Chinese
#   system-packages.sh build   for the image's first stage: what psycopg2 is built with
#   system-packages.sh image   for the image itself: libpq, pg_dump, time zones
#
# PYTHON names the interpreter to use (default: python3).
set -euo pipefail

python=${PYTHON:-python3}
missing=()

main() {
    case "${1:-}" in
        run) look_for_python; look_for_postgresql; look_for_compiler; look_for_certificates; look_for_curl; look_for_gdal ;;
        test) look_for_chromium; main run; return ;;
        build) missing=(gcc libc6-dev libpq-dev) ;;
        image) missing=(ca-certificates libpq5 postgresql-client-15 tzdata) ;;
        *) stop "用法 usage: $0 run|test|build|image" ;;
    esac
    if [ ${#missing[@]} -gt 0 ]; then install; fi
}

look_for_python() {
    if ! command -v "$python" >/dev/null; then
        [ "$python" = python3 ] || stop "找不到 $python,请检查 PYTHON 变量。 $python is not there: check the variable PYTHON"
        missing+=(python3 python3-venv python3-dev)
        return
    fi
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        stop "$python 版本太旧($("$python" -V 2>&1))，需要 3.11 以上：make PYTHON=/usr/bin/python3 run。 $python is too old: Python 3.11 or newer is needed; name one with make PYTHON=/path/to/python3 run"
    if ! "$python" -c 'import ensurepip, os, sysconfig, venv; open(os.path.join(sysconfig.get_path("include"), "Python.h"))' 2>/dev/null; then
        [ "$("$python" -c 'import sys; print(sys.base_prefix)')" = /usr ] ||
            stop "$python 缺少 venv 或头文件，请改用系统的：make PYTHON=/usr/bin/python3 run。 $python lacks venv or its headers; take the system's: make PYTHON=/usr/bin/python3 run"
        missing+=(python3-venv python3-dev)
    fi
}

look_for_postgresql() {
    local bin major
    for bin in /usr/lib/postgresql/*/bin/postgres; do
        major=${bin#/usr/lib/postgresql/}
        major=${major%%/*}
        if [ -x "$bin" ] && [ "$major" -ge 15 ] && [ -e "/usr/share/postgresql/$major/extension/postgis.control" ]; then
            return
        fi
    done
    missing+=(postgresql-15 postgresql-15-postgis-3)
}

look_for_compiler() {
    command -v gcc >/dev/null || missing+=(gcc)
    [ -e /usr/include/stdio.h ] || missing+=(libc6-dev)
    if ! command -v pg_config >/dev/null || ! [ -e "$(pg_config --includedir)/libpq-fe.h" ]; then
        missing+=(libpq-dev)
    fi
}

look_for_curl() { # what the walk-through types, and its test with it
    command -v curl >/dev/null || missing+=(curl)
}

look_for_gdal() { # what docs/gis.md types, and its test with it
    command -v ogr2ogr >/dev/null || missing+=(gdal-bin)
}

look_for_chromium() { # what the tests of the pages click through, and a face that it shows Chinese in
    # Chromium without its windows: what draws pages is the same, and takes half the time.
    command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null \
        || missing+=(chromium-headless-shell)
    [ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || missing+=(fonts-noto-cjk)
}

look_for_certificates() {
    [ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
    [ -e /usr/share/zoneinfo/Asia/Shanghai ] || missing+=(tzdata)
}

install() {
    local as_root=()
    # shellcheck disable=SC1091
    [ "$(. /etc/os-release 2>/dev/null && echo "${ID:-}${VERSION_ID:-}")" = debian12 ] ||
        stop "不是 Debian 12,请自行安装。 This is not Debian 12: install these yourself, under whatever name they have here: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            stop "需要 root 权限，请以 root 运行。 Neither root nor sudo here; run as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "安装系统软件包（数据库及编译数据库驱动所需，约一分钟）。 Installing the database and what its driver is built with (a minute or so): ${missing[*]}"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    # The packages come with a cluster of the machine's own, which we neither need nor want to leave
    # running: while ours are installed, Debian is asked not to make one. Existing ones are untouched.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c '
        set -e
        wish=/etc/postgresql-common/createcluster.d/wangge.conf
        trap "rm -f $wish" EXIT INT TERM
        mkdir -p "${wish%/*}"
        echo "create_main_cluster = false" >"$wish"
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
    ' sh "${missing[@]}" </dev/null >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        stop "软件包安装失败，原因见上。 The packages could not be installed, see above: check the network and /etc/apt/sources.list, then run again"
    }
}

say() {
    printf '%s\n' "$*" >&2
}

stop() {
    say "$*"
    exit 1
}

main "$@"
