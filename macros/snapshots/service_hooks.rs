impl Shop {
    async fn tell(&self) -> bident::Result {}
}
const _: () = {
    #[automatically_derived]
    impl ::bident::service::Hooks for Shop {
        fn hooks<__H: ::core::marker::Send + ::core::marker::Sync + 'static>(
            host: ::std::sync::Arc<__H>,
            this: fn(&__H) -> &Self,
            mount: &mut ::bident::service::Mount,
        ) {
            {
                let host = ::core::clone::Clone::clone(&host);
                mount
                    .hook(
                        ::bident::service::HookAt::AfterStart,
                        "tell",
                        move || {
                            let host = ::core::clone::Clone::clone(&host);
                            async move {
                                ::bident::__private::HookOutcome::into_result(
                                    Self::tell(this(&host)).await,
                                )
                            }
                        },
                    );
            }
            {
                let host = ::core::clone::Clone::clone(&host);
                mount
                    .hook(
                        ::bident::service::HookAt::BeforeStop,
                        "tell",
                        move || {
                            let host = ::core::clone::Clone::clone(&host);
                            async move {
                                ::bident::__private::HookOutcome::into_result(
                                    Self::tell(this(&host)).await,
                                )
                            }
                        },
                    );
            }
        }
    }
};
