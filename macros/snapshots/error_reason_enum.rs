#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("user {id} not found")]
    NotFound { id: String, hint: Option<String> },
    #[error("busy")]
    Busy,
    #[error("storage")]
    Storage(#[from] std::io::Error),
    #[error(transparent)]
    Other(#[from] bident::Error),
}
const _: () = {
    const __BIDENT_DOMAIN: &str = "user.v1";
    #[automatically_derived]
    #[allow(deprecated, unused_variables, reason = "every variant is handled alike")]
    impl ::bident::error::Reason for UserError {
        fn reason(&self) -> &str {
            match self {
                Self::NotFound { .. } => "NOT_FOUND",
                Self::Busy { .. } => "TOO_BUSY",
                Self::Storage { .. } => "STORAGE",
                Self::Other { 0: __field_0 } => {
                    <bident::Error as ::bident::error::Reason>::reason(__field_0)
                }
            }
        }
        fn into_error(self) -> ::bident::Error {
            let text = ::bident::__private::Text::text(&self);
            match self {
                Self::NotFound { id: __field_id, .. } => {
                    let mut error = ::bident::Error::new(404u16, "NOT_FOUND", text)
                        .with_domain(__BIDENT_DOMAIN);
                    {
                        error = error
                            .with(
                                "id",
                                <String as ::bident::__private::Sent>::sent(&__field_id),
                            );
                    }
                    error
                }
                Self::Busy { .. } => {
                    let error = ::bident::Error::new(503u16, "TOO_BUSY", text)
                        .with_domain(__BIDENT_DOMAIN)
                        .with_grpc(::bident::Code::ResourceExhausted)
                        .expose();
                    error
                }
                Self::Storage { 0: __field_0, .. } => {
                    let mut error = ::bident::Error::new(500u16, "STORAGE", text)
                        .with_domain(__BIDENT_DOMAIN);
                    {
                        error = error.with_source(__field_0);
                    }
                    error
                }
                Self::Other { 0: __field_0 } => {
                    <bident::Error as ::bident::error::Reason>::into_error(__field_0)
                }
            }
        }
        fn from_error(
            error: ::bident::Error,
        ) -> ::core::result::Result<Self, ::bident::Error> {
            if ::bident::__private::is_of_domain(&error, __BIDENT_DOMAIN) {
                match error.reason() {
                    "NOT_FOUND" => 'rebuild: {
                        let ::core::option::Option::Some(__field_id) = <String as ::bident::__private::Sent>::rebuild(
                            &error,
                            "id",
                        ) else { break 'rebuild };
                        return ::core::result::Result::Ok(Self::NotFound {
                            id: __field_id,
                            hint: <Option<String> as ::core::default::Default>::default(),
                        });
                    }
                    "TOO_BUSY" => {
                        return ::core::result::Result::Ok(Self::Busy {});
                    }
                    _ => {}
                }
            }
            let error = if <bident::Error as ::bident::error::Reason>::CATCHES_ALL {
                error
            } else {
                match <bident::Error as ::bident::error::Reason>::from_error(error) {
                    ::core::result::Result::Ok(inner) => {
                        return ::core::result::Result::Ok(Self::Other { 0: inner });
                    }
                    ::core::result::Result::Err(error) => error,
                }
            };
            ::core::result::Result::Err(error)
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<UserError> for ::bident::Error {
        fn from(reason: UserError) -> Self {
            ::bident::error::Reason::into_error(reason)
        }
    }
};
