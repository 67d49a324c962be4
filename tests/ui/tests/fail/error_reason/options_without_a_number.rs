#[bident::error_reason]
enum Wrong {
    #[error_reason(code)]
    NotFound,
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wrong")
    }
}

fn main() {}
