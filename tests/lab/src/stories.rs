//! Stories that are told to several versions of a program: one test for each story and version.
//!
//! A story is a function of the version, beside the call; its test has its name, in a module of the version's. A test
//! binary whose stories are all told to the same says so once: `pub(crate) use haproxy_rhi_lab::stories_of_exabgp as
//! stories;`.

/// One test for each story and version.
#[macro_export]
macro_rules! stories {
    ({ $($name:ident: $version:expr),* $(,)? } $stories:tt) => {
        $($crate::stories!(@$name, $version, $stories);)*
    };
    (@$name:ident, $version:expr, { $($story:ident),* $(,)? }) => {
        mod $name {
            $(#[test] fn $story() { super::$story($version); })*
        }
    };
}

/// Stories told to ExaBGP 4.2 (Debian 12's) and 5.0.
#[macro_export]
macro_rules! stories_of_exabgp {
    ($($story:ident),* $(,)?) => {
        $crate::stories! {
            { exabgp_4_2: $crate::ExaBgp::Debian, exabgp_5_0: $crate::ExaBgp::Pip("5.0.15") }
            { $($story),* }
        }
    };
}

/// Stories told to the same, and to the 4.2 of Debian 13.
#[macro_export]
macro_rules! stories_of_each_exabgp {
    ($($story:ident),* $(,)?) => {
        $crate::stories_of_exabgp! { $($story),* }
        $crate::stories! { { exabgp_4_2_25: $crate::ExaBgp::Pip("4.2.25") } { $($story),* } }
    };
}

/// Stories told to HAProxy 2.6 (Debian 12's) and 3.0 (Debian 13's).
#[macro_export]
macro_rules! stories_of_haproxy {
    ($($story:ident),* $(,)?) => {
        $crate::stories! {
            { haproxy_2_6: $crate::Haproxy::Debian, haproxy_3_0: $crate::Haproxy::Debian13 }
            { $($story),* }
        }
    };
}

/// Stories told to Debian 12 and 13.
#[macro_export]
macro_rules! stories_of_debian {
    ($($story:ident),* $(,)?) => {
        $crate::stories! {
            { debian_12: $crate::Debian::Bookworm, debian_13: $crate::Debian::Trixie }
            { $($story),* }
        }
    };
}
