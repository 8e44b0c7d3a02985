#!/bin/sh
# Makes every file of this folder anew; see README.md. The keys of the roots are thrown away.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
: > "$work/index"
cat > "$work/ca.conf" <<CONF
[ca]
default_ca = test
[test]
database = $work/index
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
CONF

request() { # name, common name
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" -keyout "$work/$1.key" -out "$work/$1.csr" 2> "$work/log"
}

sign() { # name, issuer, last day, extensions, further options
  name=$1 issuer=$2 until=$3
  printf "$4" > "$work/extensions"
  shift 4
  openssl ca -batch -notext -config "$work/ca.conf" -extfile "$work/extensions" -startdate 20200101000000Z -enddate "$until"000000Z \
    -keyfile "$work/$issuer.key" -in "$work/$name.csr" -out "$name.pem" "$@" 2> "$work/log" || { cat "$work/log"; exit 1; }
}

root() { # name, common name
  request "$1" "$2"
  sign "$1" "$1" 21200101 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n' -selfsign
}

leaf() { # name, issuer, common name, last day, subjectAltName
  request "$1" "$3"
  sign "$1" "$2" "$4" "basicConstraints=CA:FALSE\n${5:+subjectAltName=$5\n}" -cert "$2.pem"
  cat "$work/$1.key" > "$1.key"
}

names=DNS:example.com,URI:sip:example.com,DNS:localhost,IP:127.0.0.1,IP:::1
root root 'simple-im test root'
root other-root 'simple-im other test root'
leaf server root example.com 21200101 "$names"
leaf renewed root example.com 21200101 "$names"
leaf client root client.example.org 21200101 DNS:client.example.org,URI:sip:client.example.org
leaf no-names root old.example.com 21200101 ''
leaf expired root example.com 20210101 "$names"
leaf other other-root example.com 21200101 "$names"
