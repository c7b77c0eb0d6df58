//! The programs of the first request: pure text. The secret is in none of them and in no argument of a program, where
//! others of the computer could read it: it comes by the environment and goes by standard input or a header.

use crate::view::{Language, Snippet};

/// The variable the secret is read from.
pub(super) const VARIABLE: &str = "KEYSTEAD_KEY";

/// A text between single quotes, for a shell.
pub(super) fn in_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A text between double quotes, as JavaScript, Python and Ruby read it.
fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace("#{", "\\#{");
    format!("\"{escaped}\"")
}

/// The programs of a language. `address` is where a key is verified; `key` names it for `keystead run`.
pub(super) fn snippet(language: Language, address: &str, key: &str) -> Snippet {
    let (program, ending) = language.program();
    let (send_file, verify_file) = (format!("first-request.{ending}"), format!("verify-key.{ending}"));
    let run = |file: &str| format!("keystead run --key {key}={VARIABLE} -- {program} {file}");
    let (send, verify) = match language {
        Language::Curl => (curl_send(address), curl_verify(address)),
        Language::JavaScript => (javascript_send(address), javascript_verify(address)),
        Language::Python => (python_send(address), python_verify(address)),
        Language::Ruby => (ruby_send(address), ruby_verify(address)),
    };
    Snippet {
        language,
        label: language.label().to_owned(),
        run_send: run(&send_file),
        run_verify: run(&verify_file),
        send_file,
        send,
        verify_file,
        verify,
    }
}

fn curl_send(address: &str) -> String {
    let address = in_shell(address);
    format!(
        r#"# Put your service's address in the place of this one, which only says whether the key is let in:
# 204, or 401 with the reason in x-keystead-reason.
printf 'Authorization: Bearer %s' "${VARIABLE}" |
  curl --silent --show-error --include --header @- {address}
"#
    )
}

fn curl_verify(address: &str) -> String {
    let address = in_shell(address);
    format!(
        r#"# What your service asks about the key it was sent. The answer is 200, and says valid or why not.
printf '{{"secret":"%s"}}' "${VARIABLE}" |
  curl --silent --show-error --header 'Content-Type: application/json' --data-binary @- {address}
"#
    )
}

fn javascript_send(address: &str) -> String {
    let address = quoted(address);
    format!(
        r#"// Put your service's address in the place of this one, which only says whether the key is let in:
// 204, or 401 with the reason in x-keystead-reason.
const response = await fetch({address}, {{
  headers: {{ authorization: `Bearer ${{process.env.{VARIABLE}}}` }},
}});
console.log(response.status, response.headers.get("x-keystead-reason") ?? "let in");
"#
    )
}

fn javascript_verify(address: &str) -> String {
    let address = quoted(address);
    format!(
        r#"// What your service asks about the key it was sent. The answer is 200, and says valid or why not.
async function verify(secret) {{
  const response = await fetch({address}, {{
    method: "POST",
    headers: {{ "content-type": "application/json" }},
    body: JSON.stringify({{ secret }}),
  }});
  if (!response.ok) throw new Error(`verify answered ${{response.status}}`);
  return response.json();
}}

// In your service, the secret is what follows "Bearer " in the header authorization.
const {{ valid, reason, key }} = await verify(process.env.{VARIABLE});
console.log(valid ? `let in: ${{key.name}}` : `not let in: ${{reason}}`);
"#
    )
}

fn python_send(address: &str) -> String {
    let address = quoted(address);
    format!(
        r#"# Put your service's address in the place of this one, which only says whether the key is let in:
# 204, or 401 with the reason in x-keystead-reason.
import os
import urllib.error
import urllib.request

request = urllib.request.Request({address})
request.add_header("Authorization", "Bearer " + os.environ["{VARIABLE}"])
try:
    with urllib.request.urlopen(request) as response:
        print(response.status, "let in")
except urllib.error.HTTPError as refused:
    print(refused.code, refused.headers["x-keystead-reason"])
"#
    )
}

fn python_verify(address: &str) -> String {
    let address = quoted(address);
    format!(
        r#"# What your service asks about the key it was sent. The answer is 200, and says valid or why not.
import json
import os
import urllib.request


def verify(secret):
    request = urllib.request.Request(
        {address},
        data=json.dumps({{"secret": secret}}).encode(),
        headers={{"Content-Type": "application/json"}},
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


# In your service, the secret is what follows "Bearer " in the header Authorization.
answer = verify(os.environ["{VARIABLE}"])
print("let in: " + answer["key"]["name"] if answer["valid"] else "not let in: " + answer["reason"])
"#
    )
}

fn ruby_send(address: &str) -> String {
    let address = quoted(address);
    format!(
        r##"# Put your service's address in the place of this one, which only says whether the key is let in:
# 204, or 401 with the reason in x-keystead-reason.
require "net/http"

response = Net::HTTP.get_response(URI({address}), {{ "Authorization" => "Bearer #{{ENV.fetch("{VARIABLE}")}}" }})
puts "#{{response.code}} #{{response["x-keystead-reason"] || "let in"}}"
"##
    )
}

fn ruby_verify(address: &str) -> String {
    let address = quoted(address);
    format!(
        r##"# What your service asks about the key it was sent. The answer is 200, and says valid or why not.
require "json"
require "net/http"

def verify(secret)
  body = JSON.generate({{ secret: secret }})
  response = Net::HTTP.post(URI({address}), body, "Content-Type" => "application/json")
  raise "verify answered #{{response.code}}" unless response.is_a?(Net::HTTPSuccess)

  JSON.parse(response.body)
end

# In your service, the secret is what follows "Bearer " in the header Authorization.
answer = verify(ENV.fetch("{VARIABLE}"))
puts answer["valid"] ? "let in: #{{answer["key"]["name"]}}" : "not let in: #{{answer["reason"]}}"
"##
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k15_the_snippets() {
        let texts: Vec<String> = Language::ALL
            .into_iter()
            .map(|language| snippet(language, "https://keys.example.org/v1/verify", "ci-deploy"))
            .flat_map(|snippet| {
                [
                    format!(
                        "== {} ==\n{}\n\n{}",
                        snippet.send_file, snippet.run_send, snippet.send
                    ),
                    format!(
                        "== {} ==\n{}\n\n{}",
                        snippet.verify_file, snippet.run_verify, snippet.verify
                    ),
                ]
            })
            .collect();
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn k15_an_address_stays_an_address() {
        let strange = "http://x/'\"#{`id`}\\";
        assert_eq!(in_shell(strange), "'http://x/'\\''\"#{`id`}\\'");
        assert_eq!(quoted(strange), r##""http://x/'\"\#{`id`}\\""##);
    }
}
