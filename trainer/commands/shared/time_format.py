"""How times are written, on the command line."""

TIME_FORMAT_HELP = "how times are written, such as %%d/%%m/%%Y %%H:%%M (whole seconds or ISO 8601)"
