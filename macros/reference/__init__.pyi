from .card_keys import (
    CardKey as CardKey,
    card_keys as card_keys,
)
from .completion import (
    COMPLETIONS as COMPLETIONS,
)
from .entries import (
    Entry as Entry,
    entries as entries,
)
from .page_search import (
    FoundPage as FoundPage,
    find_page as find_page,
    page_titles as page_titles,
)
from .pages import (
    card_schema as card_schema,
)
from .references import (
    Reference as Reference,
    references as references,
)
from .search import (
    Found as Found,
    look_up as look_up,
)
