/* Accounts as commands find them and let them go. */
#include "admin/account.h"

#include "base/failure.h"
#include "base/memory.h"

bool admin_account_name(
	struct admin_call *call, struct arena *arena, struct slice *name_r)
{
	return account_name_prepare(
		       value_get_text(call->request, "name"), arena, name_r) ||
	       admin_mark(call, ADMIN_WRONG, "name");
}

bool admin_account_read(struct admin_call *call, const struct giver *giver,
	struct arena *arena, struct account *account_r, struct deadline deadline)
{
	struct redis *redis = call->daemon->workers[0].redis;
	struct slice name;

	if (!admin_account_name(call, arena, &name))
		return false;
	if (!account_read(redis, name, arena, account_r, deadline))
		return admin_mark(call, ADMIN_ABSENT, NULL);
	return giver_sees(giver, account_r->tenant) ||
	       admin_refuse(call, ADMIN_ABSENT, NULL, "there is no account %.*s",
		       SLICE_PRINT(name));
}

void admin_account_wipe(struct account *account)
{
	if (account->cram_password.size)
		memory_wipe((void *)(uintptr_t)account->cram_password.at,
			account->cram_password.size);
	memory_wipe(account->totp, sizeof(account->totp));
}

void admin_account_finish(struct arena *arena, struct account *account)
{
	admin_account_wipe(account);
	arena_finish(arena);
}
