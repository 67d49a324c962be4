#[bident::error_reason]
enum Wrong {
    #[error_reason(code = 404)]
    NotFound,
    #[error_reason(code = 410, reason = "NOT_FOUND")]
    Gone,
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wrong")
    }
}

fn main() {}
