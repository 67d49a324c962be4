//! How names of the schema follow from names in Rust.

use syn::Ident;
use syn::ext::IdentExt as _;

/// The name without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// `DeepBlue` and `deep_blue` as `DEEP_BLUE`; a run of capitals is one word: `HTTPError` is `HTTP_ERROR`.
pub(crate) fn screaming(name: &str) -> String {
    snake(name).to_uppercase()
}

/// `DeepBlue` as `deep_blue`.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (index, letter) in letters.iter().enumerate() {
        if letter.is_uppercase() && index > 0 && letters[index - 1] != '_' {
            let after_small = !letters[index - 1].is_uppercase();
            let before_small = letters.get(index + 1).is_some_and(|next| next.is_lowercase());
            if after_small || before_small {
                out.push('_');
            }
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// `user_id` as `userId`, by protoc's rule: an underscore goes and the next letter is a capital.
pub(crate) fn json(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut capital = false;
    for letter in name.chars() {
        match letter {
            '_' => capital = true,
            _ if capital => {
                out.push(letter.to_ascii_uppercase());
                capital = false;
            }
            _ => out.push(letter),
        }
    }
    out
}

/// Whether protobuf has such a name.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Whether protobuf has such a package.
pub(crate) fn is_package(name: &str) -> bool {
    name.split('.').all(is_identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_either_case() {
        for (name, expected) in [
            ("DeepBlue", "deep_blue"),
            ("HTTPError", "http_error"),
            ("Red", "red"),
            ("Utf8", "utf8"),
            ("V2Beta", "v2_beta"),
            ("A", "a"),
            ("already_snake", "already_snake"),
        ] {
            assert_eq!(snake(name), expected);
        }
    }

    #[test]
    fn json_names_are_protocs() {
        for (name, expected) in
            [("user_id", "userId"), ("a_1b", "a1b"), ("_x", "X"), ("a__b", "aB"), ("aB", "aB")]
        {
            assert_eq!(json(name), expected);
        }
    }
}
