"""What the subcommands of `noether-razor` do; whatever is heavy is imported inside of them."""
