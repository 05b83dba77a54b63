#include <string>

#include <gtest/gtest.h>

#include "config/loader.hpp"
#include "tests/unit/config/vault_folder.hpp"

namespace tokensyncd::config {
namespace {

TEST(vault_login_errors, of_auth_are_named_at_their_place) {
  const vault_folder folder;
  folder.write("writable", "x", 0620);
  folder.write("empty", "\n");
  const std::string auth = "`sinks.v.auth.";
  const std::string at = "6:8: " + auth;
  const std::string file = folder.path().string() + "/";
  for (const row& one : {
           row{"{}", at + "method` is missing; it is one of token, approle, kubernetes, jwt, cert"},
           row{"{mount: x}",
               at + "method` is missing; it is one of token, approle, kubernetes, jwt, cert"},
           row{"token", "6:8: `sinks.v.auth` must be a mapping (`key: value`), not a single value"},
           row{"[]", "6:8: `sinks.v.auth` must be a mapping (`key: value`), not a list"},
           row{"{method: aprole, role_id_file: none}",
               "6:17: " + auth +
                   "method` must be one of token, approle, kubernetes, jwt, cert; did "
                   "you mean `approle`?"},
           row{"{method: userpass}",
               "6:17: " + auth + "method` must be one of token, approle, kubernetes, jwt, cert"},
           row{"{method: token}", at + "token_file` is missing; `method: token` needs it"},
           row{"{method: token, token_file: token, mount: x}",
               "6:43: " + auth +
                   "mount` belongs to `method: approle` or `method: kubernetes` or "
                   "`method: jwt` or `method: cert`, not to `method: token`"},
           row{"{method: token, token_file: token, role: x}",
               "6:43: " + auth +
                   "role` belongs to `method: kubernetes` or `method: jwt`, not to "
                   "`method: token`"},
           row{"{method: token, token_fil: token, token_file: token}",
               "6:24: unknown key " + auth + "token_fil`; did you mean `token_file`?"},
           row{"{method: token, token_file: token, nam: x}",
               "6:43: unknown key " + auth +
                   "nam`; known here: method, check_interval, token_file"},
           row{"{method: token, token_file: none}",
               "6:36: " + auth + "token_file` names " + file + "none, which does not exist"},
           row{"{method: token, token_file: writable}",
               "6:36: " + auth + "token_file` names " + file +
                   "writable, which is writable by its group or by others; remove that permission "
                   "(chmod go-w)"},
           row{"{method: token, token_file: empty}",
               "6:36: " + auth + "token_file` names " + file + "empty, which is empty"},
           row{"{method: token, token_file: /}",
               "6:36: " + auth + "token_file` names a directory; name a file"},
           row{"{method: approle}", at + "role_id_file` is missing; `method: approle` needs it"},
           row{"{method: approle, role_id_file: writable}",
               "6:40: " + auth + "role_id_file` names " + file +
                   "writable, which is writable by its group or by others; remove that permission "
                   "(chmod go-w)"},
           row{"{method: approle, role_id_file: role-id, secret_id_file: writable}",
               "6:65: " + auth + "secret_id_file` names " + file +
                   "writable, which is writable by its group or by others; remove that permission "
                   "(chmod go-w)"},
           row{"{method: approle, role_id_file: role-id, secret_id_wrapped: true}",
               at + "secret_id_file` is missing; `secret_id_wrapped` needs it"},
           row{"{method: approle, role_id_file: role-id, secret_id_file: secret-id, "
               "secret_id_wrapped: 'true'}",
               "6:95: " + auth + "secret_id_wrapped` must be true or false, without quotes"},
           row{"{method: approle, role_id_file: role-id, check_interval: 999ms}",
               "6:65: " + auth + "check_interval` must be at least 1s, or 0s for never"},
           row{"{method: approle, role_id_file: role-id, check_interval: 8d}",
               "6:65: " + auth + "check_interval` must be from 0s to 7d"},
           row{"{method: approle, role_id_file: role-id, mount: /approle}",
               "6:56: " + auth + "mount` must not begin with a slash"},
           row{"{method: approle, role_id_file: role-id, mount: a//}",
               "6:56: " + auth + "mount` must not end with a slash"},
           row{"{method: approle, role_id_file: role-id, mount: a/../b}",
               "6:56: " + auth + "mount` has a path segment that is empty, `.` or `..`"},
           row{"{method: approle, role_id_file: role-id, secret_file: x}",
               "6:49: unknown key " + auth + "secret_file`; did you mean `secret_id_file`?"},
           row{"{method: approle, role_id_file: role-id, token_file: token}",
               "6:49: " + auth +
                   "token_file` belongs to `method: token`, not to `method: approle`"},
           row{"{method: kubernetes, jwt_file: jwt}",
               at + "role` is missing; `method: kubernetes` needs it"},
           row{"{method: kubernetes, role: r, jwt_file: empty}",
               "6:48: " + auth + "jwt_file` names " + file + "empty, which is empty"},
           row{"{method: kubernetes, role: 5, jwt_file: jwt}",
               "6:35: " + auth +
                   "role` must be text: YAML reads this as a number or a truth value; "
                   "put it in quotes"},
           row{"{method: jwt, role: r}", at + "jwt_file` is missing; `method: jwt` needs it"},
           row{"{method: jwt, jwt_file: jwt, name: n}",
               "6:37: " + auth + "name` belongs to `method: cert`, not to `method: jwt`"},
           row{"{method: cert}",
               "6:17: " + auth + "method` `cert` needs `tls.cert_file` and `tls.key_file`"},
           row{"{method: cert, role: n}",
               "6:17: " + auth +
                   "method` `cert` needs `tls.cert_file` and `tls.key_file`\nc.yaml:"
                   "6:23: " +
                   auth +
                   "role` belongs to `method: kubernetes` or `method: jwt`, not to "
                   "`method: cert`"},
       }) {
    EXPECT_EQ(folder.errors_with(least_keys, one.wrong), line(one)) << one.wrong;
  }
}

TEST(vault_login_errors, of_tls_are_named_at_their_place) {
  const vault_folder folder;
  folder.write("writable", "x", 0602);
  const std::string tls = "`sinks.v.tls.";
  const std::string names = " names " + folder.path().string() + "/";
  for (const row& one : {
           row{"[]", "7:7: `sinks.v.tls` must be a mapping (`key: value`), not a list"},
           row{"{cert_file: cert.pem}",
               "7:7: " + tls + "key_file` is missing; `cert_file` needs it"},
           row{"{key_file: key.pem}", "7:7: " + tls + "cert_file` is missing; `key_file` needs it"},
           row{"{ca_file: none}",
               "7:17: " + tls + "ca_file`" + names + "none, which does not exist"},
           row{"{ca_file: /dev/null}",
               "7:17: " + tls + "ca_file` names /dev/null, which is not a regular file"},
           row{"{cert_file: none, key_file: key.pem}",
               "7:19: " + tls + "cert_file`" + names + "none, which does not exist"},
           row{"{cert_file: cert.pem, key_file: none}",
               "7:39: " + tls + "key_file`" + names + "none, which does not exist"},
           row{"{cert_file: cert.pem, key_file: writable}",
               "7:39: " + tls + "key_file`" + names +
                   "writable, which is writable by its group or by others; remove that permission "
                   "(chmod go-w)"},
           row{"{server_name: a_b}", "7:21: " + tls + "server_name` is not a valid host name"},
           row{"{min_version: '1.1'}", "7:21: " + tls +
                                           "min_version` must be one of 1.2, 1.3; did "
                                           "you mean `1.2`?"},
           row{"{min_version: 1.2}",
               "7:21: " + tls +
                   "min_version` must be text: YAML reads this as a number or a truth "
                   "value; put it in quotes"},
           row{"{cafile: ca.pem}", "7:8: unknown key " + tls + "cafile`; did you mean `ca_file`?"},
       }) {
    EXPECT_EQ(folder.errors_with(least_keys, vault_folder::token, one.wrong), line(one))
        << one.wrong;
  }
  EXPECT_EQ(folder.errors_with(least_keys, "{method: cert}", "{ca_file: ca.pem}"),
            "c.yaml:6:17: `sinks.v.auth.method` `cert` needs `tls.cert_file` and `tls.key_file`\n");
  EXPECT_EQ(folder.errors_with(least_keys, "{method: cert}", "{cert_file: cert.pem}"),
            "c.yaml:7:7: `sinks.v.tls.key_file` is missing; `cert_file` needs it\n");
}

}  // namespace
}  // namespace tokensyncd::config
