"""The name of an account: what it may be."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from common.lookalikes import mixed_word, skeleton
from common.names import check_name_is_free, tidy_identity
from common.person_names import is_reserved

NAME_TAKEN = gettext_noop("There is already an account named “%(name)s”. Choose another name.")


def tidied_account_name(name: str) -> str:
    return tidy_identity(name, what=_("An account's name"), longest=200)


def check_account_name(name: str, *, but: Account | None = None) -> None:
    """Raises the sentence for a tidied name that is another account's, or that people could take for it.

    Names identify accounts to people of other accounts, who see a name beside a share code.
    """
    if is_reserved(name):
        raise ValidationError(
            _("This name is kept for the site itself. Choose another name."), code="reserved"
        )
    others = Account.objects.exclude(pk=but.pk) if but is not None else Account.objects.all()
    check_name_is_free(name, others, _(NAME_TAKEN))
    alike = skeleton(name)
    for other in others.order_by("pk").values_list("name", flat=True):
        if skeleton(other) == alike:
            sentence = _("“%(name)s” looks like the account “%(other)s”. Choose another name.")
            raise ValidationError(sentence % {"name": name, "other": other}, code="alike")
    if word := mixed_word(name):
        sentence = _("“%(word)s” mixes letters of different scripts. Write each word in one script.")
        raise ValidationError(sentence % {"word": word}, code="mixed")
