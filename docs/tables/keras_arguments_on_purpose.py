ON_PURPOSE: dict[tuple[str, str], str] = {}
