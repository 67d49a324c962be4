//! The names of a field mask's paths: `snake_case` in the message, `camelCase` in JSON.

/// `user_id` as `userId`; `None` where the way back would lead elsewhere.
pub(crate) fn camel(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '_' => out.push(letters.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            letter if letter.is_ascii_uppercase() => return None,
            letter => out.push(letter),
        }
    }
    Some(out)
}

/// `userId` as `user_id`.
pub(crate) fn snake(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 4);
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
