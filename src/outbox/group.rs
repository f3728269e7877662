//! Which domains are one provider, with one opinion of a sender.

/// The provider a domain belongs to, named by its best known domain; the domain
/// itself when it is none of the big ones.
///
/// `domain` is in lower case and A-labels, as in an
/// [`EmailAddress`](crate::audience::EmailAddress). Domains that people bring to a
/// provider are not known here: that would take DNS.
#[must_use]
pub fn group_of(domain: &str) -> &str {
    match domain {
        "gmail.com" | "googlemail.com" => "gmail.com",
        "msn.com" | "windowslive.com" | "passport.com" | "live.com" | "live.at" | "live.be" | "live.ca"
        | "live.cl" | "live.cn" | "live.co.uk" | "live.co.za" | "live.com.ar" | "live.com.au"
        | "live.com.mx" | "live.com.pt" | "live.de" | "live.dk" | "live.fi" | "live.fr" | "live.ie"
        | "live.in" | "live.it" | "live.jp" | "live.nl" | "live.no" | "live.se" => "outlook.com",
        // Another company, with servers of its own.
        "yahoo.co.jp" | "ymail.ne.jp" => "yahoo.co.jp",
        "aol.com" | "aol.co.uk" | "aol.de" | "aol.fr" | "aol.it" | "aim.com" | "ymail.com"
        | "rocketmail.com" | "myyahoo.com" | "verizon.net" | "netscape.net" => "yahoo.com",
        "icloud.com" | "me.com" | "mac.com" => "icloud.com",
        "gmx.net" | "gmx.de" | "gmx.at" | "gmx.ch" | "gmx.com" | "gmx.eu" | "gmx.info" | "gmx.org"
        | "gmx.us" | "gmx.co.uk" | "gmx.fr" | "web.de" | "mail.com" | "email.com" => "gmx.net",
        "t-online.de" | "magenta.de" => "t-online.de",
        "orange.fr" | "wanadoo.fr" => "orange.fr",
        "free.fr" | "libertysurf.fr" | "aliceadsl.fr" => "free.fr",
        "laposte.net" => "laposte.net",
        "libero.it" | "iol.it" | "inwind.it" | "blu.it" | "giallo.it" => "libero.it",
        "mail.ru" | "inbox.ru" | "list.ru" | "bk.ru" | "internet.ru" => "mail.ru",
        "yandex.ru" | "yandex.com" | "ya.ru" | "yandex.by" | "yandex.kz" | "narod.ru" => "yandex.ru",
        "qq.com" | "foxmail.com" => "qq.com",
        "163.com" | "126.com" | "yeah.net" => "163.com",
        "proton.me" | "protonmail.com" | "protonmail.ch" | "pm.me" => "proton.me",
        "comcast.net" | "xfinity.com" => "comcast.net",
        "bol.com.br" | "uol.com.br" => "uol.com.br",
        other => match other.split_once('.') {
            Some(("hotmail" | "outlook", edition)) if is_edition(edition) => "outlook.com",
            Some(("yahoo", edition)) if is_edition(edition) => "yahoo.com",
            _ => other,
        },
    }
}

/// Whether a name ends so in one country or another: `com`, `fr`, `co.uk`, `com.br`.
fn is_edition(ending: &str) -> bool {
    let country = ending.strip_prefix("co.").or_else(|| ending.strip_prefix("com.")).unwrap_or(ending);
    ending == "com" || (country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_editions_of_a_provider_are_one_group() {
        for (group, domains) in [
            ("gmail.com", &["gmail.com", "googlemail.com"][..]),
            (
                "outlook.com",
                &["outlook.com", "hotmail.com", "hotmail.co.uk", "outlook.com.br", "live.nl", "msn.com"],
            ),
            (
                "yahoo.com",
                &["yahoo.com", "yahoo.fr", "yahoo.co.uk", "yahoo.com.br", "aol.com", "rocketmail.com"],
            ),
            ("icloud.com", &["icloud.com", "me.com", "mac.com"]),
            ("gmx.net", &["gmx.net", "gmx.de", "web.de"]),
        ] {
            for domain in domains {
                assert_eq!(group_of(domain), group, "{domain}");
            }
        }
    }

    #[test]
    fn a_name_that_only_looks_like_a_provider_is_its_own_group() {
        for domain in [
            "example.com",
            "gmail.com.example.org",
            "hotmail.example.com",
            "yahoo.example",
            "mail.yahoo.com",
            "notgmail.com",
            "localhost",
        ] {
            assert_eq!(group_of(domain), domain);
        }
    }

    #[test]
    fn the_yahoo_of_japan_is_another_company() {
        assert_eq!(group_of("yahoo.co.jp"), "yahoo.co.jp");
    }

    proptest! {
        #[test]
        fn a_group_is_the_group_of_its_own_name(
            first in prop_oneof![Just("yahoo"), Just("hotmail"), Just("live"), Just("aol"), Just("gmx"), Just("x")],
            last in "[a-z]{2,3}(\\.[a-z]{2})?",
        ) {
            let domain = format!("{first}.{last}");
            let group = group_of(&domain);
            prop_assert_eq!(group_of(group), group);
        }
    }
}
