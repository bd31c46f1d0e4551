# What a port changes: paths of `use` lines and of qualified names, and nothing else.
s/\bstd::sync\b/unsnarl::sync/g
s/\bcore::sync\b/unsnarl::sync/g
s/\bstd::thread\b/unsnarl::thread/g
s/\bstd::time\b/unsnarl::time/g
s/\bcrossbeam_channel\b/unsnarl::channel/g
s/\bcrossbeam_deque\b/unsnarl::deque/g
s/\bcrossbeam_utils::sync::WaitGroup\b/unsnarl::sync::WaitGroup/g
s/\bparking_lot::/unsnarl::parking_lot::/g
s/(^|[^:_[:alnum:]])thread_local!/\1unsnarl::thread::thread_local!/
