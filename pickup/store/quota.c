/* What accounts have and may have; see store.h. */
#include "store/change.h"
#include "store/store_core.h"

void store_account_set_quota(struct store_account *account, struct store_sums quota)
{
	atomic_store(&account->quota_bytes, quota.bytes);
	atomic_store(&account->quota_messages, quota.messages);
}

struct store_sums store_account_quota(const struct store_account *account)
{
	return (struct store_sums){atomic_load(&account->quota_bytes),
		atomic_load(&account->quota_messages)};
}

bool store_account_used(const struct store_account *account, struct store_sums *sums_r)
{
	if (!atomic_load(&account->is_known))
		return false;
	*sums_r = (struct store_sums){
		atomic_load(&account->bytes), atomic_load(&account->messages)};
	return true;
}

static bool read_sum(struct database *database, struct slice key, uint64_t *value_r)
{
	struct query *query = database_query(
		database, "SELECT value FROM meta WHERE key = ?");
	int64_t value = 0;

	query_text(query, 1, key);
	if (query_row(query))
		value = query_number_of(query, 0);
	*value_r = value > 0 ? (uint64_t)value : 0;
	return query_end(query);
}

static bool read_sums(struct database *database, struct store_sums *sums_r)
{
	return read_sum(database, SLICE("bytes"), &sums_r->bytes) &&
	       read_sum(database, SLICE("messages"), &sums_r->messages);
}

bool change_check_quota(struct operation *operation, struct database *database)
{
	struct store_sums quota = store_account_quota(operation->account), sums;

	if (operation->names_files && !store_has_room(operation->account->store))
		return operation_refuse(
			operation, STORE_NO_FAULT, "the disk of the mailboxes is full");
	if (!quota.bytes && !quota.messages)
		return true;
	if (!read_sums(database, &sums))
		return false;
	if (quota.bytes && sums.bytes > quota.bytes)
		return operation_refuse(operation, STORE_OVERQUOTA,
			"The account would have %llu bytes of %llu",
			(unsigned long long)sums.bytes,
			(unsigned long long)quota.bytes);
	if (quota.messages && sums.messages > quota.messages)
		return operation_refuse(operation, STORE_OVERQUOTA,
			"The account would have %llu messages of %llu",
			(unsigned long long)sums.messages,
			(unsigned long long)quota.messages);
	return true;
}

void quota_note(struct store_account *account)
{
	struct store_sums sums, before;

	if (!read_sums(account->database, &sums))
		return;
	if (store_account_used(account, &before))
		quota_compare(account, before, sums);
	atomic_store(&account->bytes, sums.bytes);
	atomic_store(&account->messages, sums.messages);
	atomic_store(&account->is_known, true);
}

static bool run_nothing(struct operation *operation, struct database *database)
{
	return true;
}

bool store_account_read(struct store_port *port, struct store_account *account,
	struct store_sums *sums_r, struct deadline deadline)
{
	struct operation *operation = operation_create(
		sizeof(*operation), port, account);
	bool good;

	operation->run = run_nothing;
	good = operation_perform(operation, deadline);
	operation_destroy(operation);
	return good && (store_account_used(account, sums_r) ||
			       fail(FAILURE_STORE, "the account cannot be read"));
}
