// Texts without credentials: each form that a credential has been seen in goes, and what a
// diagnosis reads stays, letter for letter.
#define BOOST_TEST_MODULE privacy_redact_text
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "privacy/redact.hpp"

using kpr::privacy::redact_text;

namespace {

const std::string k_secret = "S3cr3tV4lue001xYz";

// Every "%" is a secret.
std::string planted(std::string_view form) {
  std::string out;
  for (const char c : form)
    if (c == '%')
      out += k_secret;
    else
      out += c;
  return out;
}

void check_gone(std::string_view form) {
  const std::string before = planted(form), after = redact_text(before);
  BOOST_TEST(after.find(k_secret) == std::string::npos, before + " -> " + after);
  BOOST_TEST(std::count(after.begin(), after.end(), '\n') ==
             std::count(before.begin(), before.end(), '\n'));
  BOOST_TEST(redact_text(after) == after);
}

void check_kept(std::string_view text) {
  BOOST_TEST(redact_text(text) == text);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_left_of_a_text) {
  const std::pair<const char*, const char*> cases[] = {
      {"dialing https://robot:pa:ss@api.example.com:6443/x",
       "dialing https://<redacted>@api.example.com:6443/x"},
      {"Authorization: Bearer abcDEF123456", "Authorization: <redacted>"},
      {"curl -H 'Authorization: Token x1' https://h",
       "curl -H 'Authorization: <redacted>' https://h"},
      {"x eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl y",
       "x <redacted> y"},
      {"password: hunter2, next", "password: <redacted>, next"},
      {"password: correct horse battery staple", "password: <redacted>"},
      {"password=hunter2 user=bob", "password=<redacted> user=bob"},
      {"{\"token\":\"abc\",\"ttl\":5}", "{\"token\":\"<redacted>\",\"ttl\":5}"},
      {R"({"data":"{\"password\":\"a b\",\"x\":1}"})",
       R"({"data":"{\"password\":\"<redacted>\",\"x\":1}"})"},
      {"--api-token s3cr3t --verbose", "--api-token <redacted> --verbose"},
      {"net.ipv4.tcp_fastopen_key = 01234567-89abcdef-01234567-89abcdef",
       "net.ipv4.tcp_fastopen_key = <redacted>"},
      {"-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n",
       "-----BEGIN EC PRIVATE KEY-----\n<redacted>\n-----END EC PRIVATE KEY-----\n"},
      {"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1d\nnext line of the log\n",
       "-----BEGIN EC PRIVATE KEY-----\n<redacted>\nnext line of the log\n"},
      {"GET https://h/x?apikey=s3cr3t&a=b", "GET https://h/x?apikey=<redacted>&a=b"},
      {"a: 1\npassword: |\n  one\n  two\nb: 2\n",
       "a: 1\npassword: |\n  <redacted>\n  <redacted>\nb: 2\n"},
      {"- name: DB_PASSWORD\n  value: hunter2\n- name: MODE\n  value: fast\n",
       "- name: DB_PASSWORD\n  value: <redacted>\n- name: MODE\n  value: fast\n"},
      {"AccountKey=x1y2==;EndpointSuffix=x", "AccountKey=<redacted>;EndpointSuffix=x"},
  };
  for (const auto& [before, after] : cases) {
    BOOST_TEST(redact_text(before) == after);
    BOOST_TEST(redact_text(after) == after);
  }
}

// name=value in all spellings of name, sign and quotes.
BOOST_AUTO_TEST_CASE(named_credentials_are_gone) {
  for (const char* name : {"password",
                           "DB_PASSWORD",
                           "dbPassword",
                           "passwd",
                           "pass",
                           "DBPASS",
                           "pwd",
                           "MYSQL_PWD",
                           "passphrase",
                           "psk",
                           "secret",
                           "client_secret",
                           "clientSecret",
                           "token",
                           "API_TOKEN",
                           "refreshToken",
                           "credentials",
                           "creds",
                           "api_key",
                           "apiKey",
                           "X-Api-Key",
                           "encryption-key",
                           "license-key",
                           "LICENSE",
                           "auth",
                           "auth-key",
                           "SharedAccessKey",
                           "SECRET_KEY_BASE",
                           "sig",
                           "jwt",
                           "private_key",
                           "rootpw",
                           "keystorePassword",
                           "spring.datasource.password"}) {
    for (const char* form : {"=%",
                             "=\"%\"",
                             "='%'",
                             ": %",
                             ":%",
                             ": \"%\"",
                             "\": \"%\"",
                             "\":\"%\"",
                             "\\\":\\\"%\\\"",
                             "\\\\\\\":\\\\\\\"%\\\\\\\"",
                             "=%,x=y",
                             "=%;x=y",
                             "=%&x=y",
                             " = %",
                             ":=%",
                             " => '%'",
                             "\"] = \"%\""})
      check_gone(std::string(name) + form);
    BOOST_TEST(redact_text(std::string(name) + "%3D" + k_secret).find(k_secret) ==
               std::string::npos);
    BOOST_TEST(redact_text(std::string(name) + "%253D" + k_secret).find(k_secret) ==
               std::string::npos);
    BOOST_TEST(redact_text(std::string(name) + "\\u003d" + k_secret).find(k_secret) ==
               std::string::npos);
    BOOST_TEST(
        redact_text(std::string(name) + "&quot;:&quot;" + k_secret + "&quot;").find(k_secret) ==
        std::string::npos);
    check_gone("prog --" + std::string(name) + " % x");
    check_gone("prog -" + std::string(name) + " % x");
    check_gone("[\"--" + std::string(name) + "\", \"%\"]");
    check_gone("args:\n- --" + std::string(name) + "=%\n- x");
  }
}

BOOST_AUTO_TEST_CASE(credentials_of_other_forms_are_gone) {
  for (const char* form : {
           "password=ab,%",
           "password=\"my long %\"",
           "password: my %",
           "password=a(b)%",
           "<password>my %</password>",
           "<add key=\"Password\" value=\"%\"/>",
           "{\"name\":\"DB_PASSWORD\",\"value\":\"%\"}",
           "{\"password\":{\"value\":\"%\"}}",
           "passwords:\n- %\n- %\nnext: x",
           "user:\n    token: %",
           "password: >-\n    %\n    %\nnext: x",
           "args:\n- --token\n- %\n- x",
           "tokens: [\"%\", \"%\"]",
           "  password %",
           "requirepass %",
           "login bob password %",
           "token abcdef.%",
           "password '%'",
           "postgres://u:pa/%@db/x",
           "postgres://u:p@ss%@db/x",
           "redis://:%@redis:6379/0",
           "https://%@github.com/x",
           "mysql u:%@tcp(db:3306)/x",
           "user:%@registry.example.com",
           "Authorization: %",
           "authorization: token %",
           "Authorization: Digest username=\"u\", realm=\"r\", response=\"%\"",
           "map[Authorization:[Bearer %] Accept:[*/*]]",
           "\"Authorization\":[\"Basic %\"]",
           "Cookie: a=b; session=%; c=d",
           "Set-Cookie: sid=%; HttpOnly",
           "curl -u admin:% https://h",
           "curl -su admin:% https://h",
           "curl --user 'admin:%' https://h",
           "mysql -uroot -p%",
           "mysqldump -p'%' db",
           "redis-cli -h x -a % ping",
           "sshpass -p % ssh x",
           "openssl rsa -passin pass:%",
           "3+ rfc4106(gcm(aes)) % 128",
           "auth-trunc hmac(sha256) 0x% 96",
           "-----BEGIN PRIVATE KEY-----\\n%\\n-----END PRIVATE KEY-----",
           "-----BEGIN OPENSSH PRIVATE KEY-----\n%\n-----END OPENSSH PRIVATE KEY-----",
           "-----BEGIN PGP PRIVATE KEY BLOCK-----\n%\n-----END PGP PRIVATE KEY BLOCK-----",
           "aws id AKIA%",
           "ghp_%abcdefghijklmn",
           "glpat-%",
           "xoxb-123-%",
           "AIza%aaaaaaaaa",
           "hvs.%aaaa",
           "sk-proj-%abcdef",
           "npm_%aaaaaaa",
           "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.%",
           "K10abcdef::server:%",
           "https://hooks.slack.com/services/T000/B000/%",
           "root:$6$salt$%:18000:",
           "key: %",
           "Api Key: %",
       })
    check_gone(form);
  // base64 of a text, of an RSA key (PKCS #8), of a gzip
  for (const char* hidden : {"cGFzc3dvcmQ9UzNjcjN0VjRsdWUwMDF4WXo=",
                             "eyJhdXRocyI6eyJyIjp7ImF1dGgiOiJ4In19fQ",
                             "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
                             "H4sIAAAAAAAAA0vLzy9KLAIAUOIlYwcAAAA="})
    for (const char* form : {"data %", "x: \"%\"", "%\nnext", "auth/%"}) {
      std::string text(form);
      text.replace(text.find('%'), 1, hidden);
      BOOST_TEST(redact_text(text).find(hidden) == std::string::npos, text);
    }
}

BOOST_AUTO_TEST_CASE(what_a_diagnosis_reads_stays) {
  for (const char* text : {
           "",
           "GET https://a.example.com/user@x",
           "failed to fetch anonymous token: unexpected status from GET request to "
           "https://auth.example.com/token?scope=x: 401 Unauthorized",
           "MountVolume.SetUp failed for volume \"v\" : secret \"db-password\" not found",
           "couldn't find key password in Secret default/db-1x2y3z",
           "references non-existent secret key: tls.crt",
           "pull access denied, repository does not exist or may require authorization: server "
           "message: insufficient_scope: authorization failed",
           "Failed to pull image \"registry.example.com:5000/team/app:1.2@sha256:"
           "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
           "unauthorized: incorrect username or password",
           "no basic auth credentials",
           "EnableK8sTokens : true",
           "token-file=/var/run/secrets/token",
           "basic network checks",
           "the server has asked for the client to provide credentials",
           "Unable to authenticate the request: invalid bearer token",
           "Mesh Authentication:     Disabled",
           "Auth: Disabled",
           "mesh-auth-spire-server-address: spire-server.cilium-spire.svc:8081",
           "Encryption: Wireguard [NodeEncryption: Disabled, cilium_wg0 (Pubkey: "
           "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdE1k=, Port: 51871, Peers: 2)]",
           "Keys in use: 1",
           "key=cilium/state/identities/v1/id/12345 value=\"k8s:app=x\"",
           "msg=\"Received watch event\" key=node-role.kubernetes.io/control-plane",
           "Key: 10.0.0.1:443 Value: 10.0.1.2:6443",
           "key: 01 00 00 00  value: 02 00 00 00",
           "identity=12345 containerID=0123456789 sha256:0123456789abcdef0123456789abcdef",
           "hubble-tls-key-file: /var/lib/cilium/tls/hubble/server.key",
           "agent-not-ready-taint-key: node.cilium.io/agent-not-ready",
           "sessionAffinity: ClientIP",
           "net.ipv4.tcp_syncookies = 1",
           "rate limit: tokens=12.5",
           "secretName: cilium-ca-tls-0a1b2c",
           "imagePullSecrets: [{name: regcred-a1b2c3}]",
           "4: cilium_net@cilium_host: <BROADCAST,MULTICAST>",
           "12: lxc_health@if11: <BROADCAST,UP> mtu 1500",
           "pkg/mod/k8s.io/client-go@v0.29.0/tools/cache/reflector.go:229: failed to list *v1.Node",
           "docker run -p 8080:80 nginx; ls -a x",
           "License: Apache-2.0",
           "passthrough=true bypass=enabled",
           "password=<redacted> token: ${TOKEN}",
           "password: ****",
           "https://10.0.0.1:6443/healthz https://[fd00::1]:6443/x@y",
       })
    check_kept(text);
}

// However often something stands there that could be the beginning of a credential, twice as much
// text takes twice as many looks.
BOOST_AUTO_TEST_CASE(work_grows_with_the_text) {
  for (const char* word : {"=eyJ",
                           "0:0:0:",
                           "-----BEGIN ",
                           "password=x ",
                           "Bearer X1abcdefgh ",
                           "-----BEGIN RSA PRIVATE KEY----- ",
                           "-----BEGIN RSA PRIVATE KEY-----\n",
                           "key=",
                           "key=\"",
                           "token:[1 ",
                           "://a",
                           "a:b@",
                           "u:p/",
                           "://a@",
                           "a/",
                           "\\",
                           "%25",
                           "eyJ-",
                           "sk-",
                           "$6$",
                           "name: password ",
                           "password: |\n ",
                           "password:\n",
                           "I/",
                           "hmac(",
                           "\"token\", \"a\" ",
                           "auth=",
                           "a: ",
                           "&quot;",
                           "token=\\\"",
                           "<key>a",
                           "authorization=",
                           "Cookie: ",
                           "--token\n- ",
                           "token ",
                           "a.",
                           "A",
                           "Api Key ",
                           "<redacted>",
                           "{\"name\":\"password\",",
                           "-p",
                           "curl -u a ",
                           "K10::",
                           "token=****",
                           "password=/a/b",
                           "x=",
                           "token='x token=\"x ",
                           "hooks.slack.com/services/"}) {
    std::string text;
    while (text.size() < 20000)
      text += word;
    std::size_t once = 0, twice = 0;
    redact_text(text, &once);
    redact_text(text + text, &twice);
    BOOST_TEST(twice < once * 2 + once / 10, std::string(word) + " looks again and again");
    BOOST_TEST(once < text.size() * 120, word);
  }
}
