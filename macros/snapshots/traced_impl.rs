impl<S: Store> Books<S> {
    const SHELVES: u32 = 3;
    async fn add(&self, title: String) -> Result<Book, BookError> {
        static __BIDENT_SITE: ::bident::__private::traced::Site = ::bident::__private::traced::Site::new(
            &["otel.kind", "otel.status_code", "error.type"],
            ::core::module_path!(),
            ::core::file!(),
            ::core::line!(),
        );
        let span = if __BIDENT_SITE
            .wanted(::bident::__private::traced::Name::Fixed("Books::add"))
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
        let result = ::bident::__private::traced::future(
                &span,
                async move {
                    if false {
                        return ::bident::__private::traced::unreached::<
                            Result<Book, BookError>,
                        >();
                    }
                    {}
                },
            )
            .await;
        if let ::core::option::Option::Some(span) = &span {
            #[allow(
                unused_imports,
                reason = "which one applies is the compiler's choice"
            )]
            use ::bident::__private::traced::{AnyError as _, NoError as _};
            ::bident::__private::traced::ended(
                span,
                (&::bident::__private::traced::Probe(&result)).error_type(),
            );
        }
        result
    }
    fn count(&self, shelf: u32, deep: bool, mode: Mode) -> u64 {
        static __BIDENT_SITE: ::bident::__private::traced::Site = ::bident::__private::traced::Site::new(
            &["otel.kind", "otel.status_code", "error.type", "shelf.id", "deep", "mode"],
            ::core::module_path!(),
            ::core::file!(),
            ::core::line!(),
        );
        let span = if __BIDENT_SITE
            .wanted(::bident::__private::traced::Name::Fixed("books.count"))
        {
            ::core::option::Option::Some(
                __BIDENT_SITE
                    .span(
                        &[
                            ::core::option::Option::Some(
                                &"client" as &dyn ::bident::__private::tracing::Value,
                            ),
                            ::core::option::Option::None,
                            ::core::option::Option::None,
                            ::core::option::Option::Some(
                                &::bident::__private::tracing::field::display(&(shelf))
                                    as &dyn ::bident::__private::tracing::Value,
                            ),
                            ::core::option::Option::Some(
                                &(deep) as &dyn ::bident::__private::tracing::Value,
                            ),
                            ::core::option::Option::Some(
                                &::bident::__private::tracing::field::debug(&(mode))
                                    as &dyn ::bident::__private::tracing::Value,
                            ),
                        ],
                    ),
            )
        } else {
            ::core::option::Option::None
        };
        let result = ::bident::__private::traced::enter(&span, move || -> u64 {});
        if let ::core::option::Option::Some(span) = &span {
            #[allow(
                unused_imports,
                reason = "which one applies is the compiler's choice"
            )]
            use ::bident::__private::traced::{AnyError as _, NoError as _};
            ::bident::__private::traced::ended(
                span,
                (&::bident::__private::traced::Probe(&result)).error_type(),
            );
        }
        result
    }
}
