pub async fn touch<'a>(&'a mut self) -> Option<&'a str> {
    static __BIDENT_SITE: ::kit::__private::traced::Site = ::kit::__private::traced::Site::new(
        &["otel.kind", "otel.status_code", "error.type"],
        ::core::module_path!(),
        ::core::file!(),
        ::core::line!(),
    );
    let span = if __BIDENT_SITE
        .wanted(
            ::kit::__private::traced::Name::Of(::core::any::type_name::<Self>, "touch"),
        )
    {
        ::core::option::Option::Some(
            __BIDENT_SITE
                .span(
                    &[
                        ::core::option::Option::None,
                        ::core::option::Option::None,
                        ::core::option::Option::None,
                    ],
                ),
        )
    } else {
        ::core::option::Option::None
    };
    let result = ::kit::__private::traced::future(
            &span,
            async move {
                if false {
                    return ::kit::__private::traced::unreached::<Option<&'a str>>();
                }
                {}
            },
        )
        .await;
    if let ::core::option::Option::Some(span) = &span {
        #[allow(unused_imports, reason = "which one applies is the compiler's choice")]
        use ::kit::__private::traced::{AnyError as _, NoError as _};
        ::kit::__private::traced::ended(
            span,
            (&::kit::__private::traced::Probe(&result)).error_type(),
        );
    }
    result
}
