//! Finds a token in what a server sends back, as it was or escaped: `%3D`, `&amp;`, `&#61;`, `\u003d`, `\/`.
//! Pure.

/// What stands for a token.
const HIDDEN: &str = "***";
/// Characters between `&` and `;` at most: `&#0000061;`.
const MAX_ENTITY: usize = 9;

/// A text without a token, in whatever form it stands there.
pub(crate) fn hidden(text: &str, token: &str) -> String {
    let (mut hidden, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(letter) = rest.chars().next() {
        if let Some(behind) = behind(rest, token) {
            hidden.push_str(HIDDEN);
            rest = behind;
        } else {
            hidden.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    hidden
}

/// What follows the token, if the text begins with it. A letter that also begins an escape (`%`, `&`) is
/// tried both ways.
fn behind<'a>(text: &'a str, token: &str) -> Option<&'a str> {
    let Some(letter) = token.chars().next() else { return Some(text) };
    let below = &token[letter.len_utf8()..];
    let plain = text.strip_prefix(letter);
    let forms = [plain, percent(text, letter), entity(text, letter), backslash(text, letter)];
    forms.into_iter().flatten().find_map(|rest| behind(rest, below))
}

/// `%3d`, as in URLs.
fn percent(text: &str, letter: char) -> Option<&str> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    is_number(digits, 16, letter).then(|| &text[3..])
}

/// `&amp;`, `&#38;`, `&#x26;`, as in HTML and XML.
fn entity(text: &str, letter: char) -> Option<&str> {
    let (name, rest) =
        text.strip_prefix('&')?.split_once(';').filter(|(name, _)| name.len() <= MAX_ENTITY)?;
    let is_meant = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(digits) => is_number(digits, 16, letter),
            None => is_number(number, 10, letter),
        },
        None => matches!(
            (name, letter),
            ("amp", '&') | ("lt", '<') | ("gt", '>') | ("quot", '"') | ("apos", '\'') | ("nbsp", ' ')
        ),
    };
    is_meant.then_some(rest)
}

/// `\u0026`, `\x26`, `\/`, as in JSON and in programs.
fn backslash(text: &str, letter: char) -> Option<&str> {
    let rest = text.strip_prefix('\\')?;
    let numbered = |sign: char, digits: usize| {
        let rest = rest.strip_prefix(sign)?;
        is_number(rest.get(..digits)?, 16, letter).then(|| &rest[digits..])
    };
    numbered('u', 4).or_else(|| numbered('x', 2)).or_else(|| rest.strip_prefix(letter))
}

fn is_number(digits: &str, base: u32, letter: char) -> bool {
    u32::from_str_radix(digits, base).is_ok_and(|number| number == u32::from(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_every_form_in_which_a_server_may_echo_it() {
        let token = "a/b&c%25=\"d";
        for echo in [
            token,
            "a%2Fb%26c%2525%3D%22d",
            "a%2fb%26c%2525%3d%22d",
            "a/b&amp;c%25=&quot;d",
            "a&#47;b&#38;c&#37;25&#61;&#34;d",
            "a&#x2F;b&#x26;c&#x25;25&#x3d;&#0034;d",
            r#"a\/b\u0026c%25\u003d\"d"#,
            r#"\u0061/b&c\x2525=\"d"#,
        ] {
            assert_eq!(hidden(&format!("é{echo}{echo}%&\\"), token), "é******%&\\", "{echo}");
        }
    }

    #[test]
    fn what_is_no_token_stays_as_it_is() {
        for text in ["", "abc", "a/b&c%25=\"", "%", "%2", "&#", "&;", "\\u00", "a%é", "&amp;&#99999999999;"]
        {
            assert_eq!(hidden(text, "a/b&c%25=\"d"), text);
        }
    }
}
