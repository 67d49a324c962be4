#[bident::error_reason]
enum Wrong {
    #[error_reason(transparent)]
    Other(#[error_reason(skip)] bident::Error),
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wrong")
    }
}

fn main() {}
