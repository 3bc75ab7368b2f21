/**
 * A self-signed certificate of `localhost` and 127.0.0.1, valid from 2020 to the end of 2099, and its key: for tests
 * only, since everybody can read the key. Made by `openssl ca -selfsign -startdate 20200101000000Z
 * -enddate 20991231235959Z`, of a P-256 key, with subjectAltName=DNS:localhost,IP:127.0.0.1.
 */

export const key = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHm+Lhhwj3Cyb5zzk
DyOwq93zUi4HVjqCt74pLWZ8inqhRANCAARJfIovRTqPPlLwhq+gzl+tDkDIoFaH
zyGf3ZkimD7/EDi0haWfr78YKSXrYX0P0Bj0CLAX/DsG1XQ3UGpogFSZ
-----END PRIVATE KEY-----
`;

export const cert = `
-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIBATAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVtb3VudHBv
aW50IHRlc3RzIG9ubHkwIBcNMjAwMTAxMDAwMDAwWhgPMjA5OTEyMzEyMzU5NTla
MCAxHjAcBgNVBAMMFW1vdW50cG9pbnQgdGVzdHMgb25seTBZMBMGByqGSM49AgEG
CCqGSM49AwEHA0IABEl8ii9FOo8+UvCGr6DOX60OQMigVofPIZ/dmSKYPv8QOLSF
pZ+vvxgpJethfQ/QGPQIsBf8OwbVdDdQamiAVJmjTjBMMBoGA1UdEQQTMBGCCWxv
Y2FsaG9zdIcEfwAAATAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBSSC+d5S1W0
iLGQnQyG+BTlYmSfRDAKBggqhkjOPQQDAgNIADBFAiAYCwF1X3G6YHbfkgnfRTGY
NGqiQHGn0XlIM92eOsqxZQIhAMlM4fYrpApogmIpu6s/+k2LL0GbStvadIUaLrfI
9jxo
-----END CERTIFICATE-----
`;
