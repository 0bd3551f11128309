# openssl: digests, ciphers, keys; the processor's instructions for them are used when it has them.
head -c 200000 /usr/bin/bash >/dev/null; seq 1 30000 >data
for digest in md5 sha1 sha224 sha256 sha384 sha512 sha3-256 sha3-512 shake128 blake2b512 blake2s256 sm3 ripemd160 sha512-256; do openssl dgst -$digest data; done
key=000102030405060708090a0b0c0d0e0f; iv=0f0e0d0c0b0a09080706050403020100
for cipher in aes-128-cbc aes-256-cbc aes-128-ctr aes-256-ctr aes-128-ecb aes-192-cbc aes-128-cfb aes-256-ofb sm4-cbc sm4-ctr chacha20 camellia-128-cbc aria-128-cbc; do
    openssl enc -$cipher -K $key$key -iv $iv -in data -out sealed 2>/dev/null || continue
    printf '%s ' $cipher; sha256sum <sealed | cut -c 1-32
    openssl enc -d -$cipher -K $key$key -iv $iv -in sealed 2>/dev/null | cmp - data && echo back
done
openssl enc -aes-256-cbc -pbkdf2 -iter 5000 -pass pass:secret -S 0102030405060708 -in data | sha256sum
openssl dgst -sha256 -hmac secret data; openssl mac -macopt hexkey:$key -macopt cipher:aes-128-cbc -in data CMAC
openssl mac -macopt hexkey:$key -macopt hexiv:$iv -macopt cipher:aes-128-gcm -in data GMAC
openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:secret -kdfopt salt:salt -kdfopt iter:1000 PBKDF2
openssl prime -generate -bits 64 >/dev/null && openssl prime 18446744073709551557
for kind in 'RSA -pkeyopt rsa_keygen_bits:2048' 'EC -pkeyopt ec_paramgen_curve:P-256' 'EC -pkeyopt ec_paramgen_curve:P-384' ed25519; do
    openssl genpkey -algorithm $kind -out key.pem 2>/dev/null && openssl pkey -in key.pem -pubout -out public.pem
    case $kind in
    ed*) openssl pkeyutl -sign -inkey key.pem -rawin -in /etc/passwd -out signature && openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in /etc/passwd -sigfile signature ;;
    *) openssl dgst -sha256 -sign key.pem -out signature data && openssl dgst -sha256 -verify public.pem -signature signature data ;;
    esac
    openssl pkey -in key.pem -check -noout 2>&1 | tail -n 1
done
openssl genpkey -algorithm x25519 -out a.pem; openssl genpkey -algorithm x25519 -out b.pem; openssl pkey -in a.pem -pubout -out ap.pem; openssl pkey -in b.pem -pubout -out bp.pem
openssl pkeyutl -derive -inkey a.pem -peerkey bp.pem -out s1; openssl pkeyutl -derive -inkey b.pem -peerkey ap.pem -out s2; cmp s1 s2 && echo 'same secret'
openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 30 -subj /CN=test 2>/dev/null && openssl verify -CAfile c.pem c.pem && openssl x509 -in c.pem -noout -subject
openssl cms -sign -in data -signer c.pem -inkey k.pem -outform DER -out cms -binary 2>/dev/null && openssl cms -verify -inform DER -in cms -CAfile c.pem -content data -binary 2>/dev/null | cmp - data && echo cms
openssl rand -hex 16 | wc -c; openssl passwd -6 -salt abc secret; openssl passwd -apr1 -salt abc secret
openssl speed -seconds 1 -bytes 8192 -evp aes-128-gcm 2>/dev/null | wc -l
