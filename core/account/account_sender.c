/*
 * Whose addresses are whose: the senders an account may use.
 */
#include "account/account.h"
#include "mail/domain.h"

/* Mail for one of its addresses is answered from there. That it reads what is
 * left of a domain does not make it everybody there. */
static bool has(const struct account *account, struct slice address)
{
	for (size_t i = 0; i < account->address_count; i++)
		if (!slice_starts(account->addresses[i], SLICE("@")) &&
			slice_equal_nocase(account->addresses[i], address))
			return true;
	return account_sender_admits(account->name, address);
}

/* An empty address asks whether it may send as anyone at all. */
bool account_may_send_as(const struct account *account, struct slice address)
{
	for (size_t i = 0; i < account->sender_count; i++)
		if (account_sender_admits(account->senders[i], address))
			return true;
	return account->sender_count == 0 && has(account, address);
}

bool account_sender_admits(struct slice sender, struct slice address)
{
	size_t sender_at = slice_index_last(sender, '@');
	size_t at = slice_index_last(address, '@');

	if (slice_equal(sender, SLICE("*")))
		return true;
	if (slice_equal(sender, address))
		return address.size > 0 && at < address.size;
	if (sender_at == sender.size || at == address.size)
		return false;
	return (sender_at == 0 || slice_equal(slice_part(sender, 0, sender_at),
					  slice_part(address, 0, at))) &&
	       domain_equal(
		       slice_from(sender, sender_at + 1), slice_from(address, at + 1));
}
