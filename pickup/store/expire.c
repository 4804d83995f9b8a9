/* Takes away what mailboxes need not keep; see expire.h. */
#include "store/expire.h"

#include "store/change.h"

#define AT_ONCE 5000

struct expiring {
	struct operation operation;
	struct slice name;
	struct retention retention;
	struct change change;
	uint32_t next;		  /* UID to go on from; 0: none */
	uint64_t messages, bytes; /* that are there */
	uint64_t expired;
	uint64_t pretended, pretended_bytes; /* of all operations so far */
	bool enough;			     /* what follows is newer */
};

static bool expire(void *context, const struct record *record)
{
	struct expiring *expiring = context;
	const struct retention *rules = &expiring->retention;
	bool old = record->saved_ms < rules->since_ms,
	     many = (rules->messages && expiring->messages > rules->messages) ||
		    (rules->bytes && expiring->bytes > rules->bytes);

	if (!old && !many) {
		expiring->enough = true;
		return true;
	}
	if ((record->flags & MESSAGE_FLAGGED) && !rules->flagged)
		return true;
	expiring->messages--;
	expiring->bytes -= record->size;
	expiring->expired++;
	if (!rules->pretend)
		return change_remove(&expiring->change, record);
	expiring->pretended++;
	expiring->pretended_bytes += record->size;
	return true;
}

static bool read_sums(struct expiring *expiring, struct database *database, int64_t id)
{
	struct query *query = database_query(
		database, "SELECT messages, bytes FROM mailbox WHERE id = ?");

	query_number(query, 1, id);
	if (query_row(query)) {
		expiring->messages = (uint64_t)query_number_of(query, 0);
		expiring->bytes = (uint64_t)query_number_of(query, 1);
	}
	return query_end(query);
}

static bool run_expire(struct operation *operation, struct database *database)
{
	struct expiring *expiring = CONTAINER_OF(operation, struct expiring, operation);
	struct mailbox_row row;

	if (!mailbox_row_read(operation, database, expiring->name, true, &row) ||
		!read_sums(expiring, database, row.id))
		return false;
	expiring->messages -= expiring->pretended;
	expiring->bytes -= expiring->pretended_bytes;
	change_begin(&expiring->change, operation, database, &row);
	return change_from(&expiring->change, expiring->next, AT_ONCE, expire, expiring,
		       &expiring->next) &&
	       change_end(&expiring->change);
}

static void publish_expire(struct operation *operation)
{
	struct expiring *expiring = CONTAINER_OF(operation, struct expiring, operation);

	change_publish(operation->account, &expiring->change);
}

/* From UID *next on; false: failed. */
static bool expire_some(struct store_port *port, struct store_account *account,
	const struct expiring *like, struct expiring *done_r, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct expiring *expiring = operation_create(sizeof(*expiring), port, account);
	bool good;

	expiring->operation.run = run_expire;
	expiring->operation.publish = publish_expire;
	expiring->name = arena_copy(&expiring->operation.arena, like->name);
	expiring->retention = like->retention;
	expiring->next = like->next;
	expiring->pretended = like->pretended;
	expiring->pretended_bytes = like->pretended_bytes;
	good = operation_perform(&expiring->operation, deadline);
	*fault_r = !good && expiring->operation.is_done ? expiring->operation.fault
							: STORE_NO_FAULT;
	if (good) {
		done_r->next = expiring->enough ? 0 : expiring->next;
		done_r->expired = expiring->expired;
		done_r->pretended = expiring->pretended;
		done_r->pretended_bytes = expiring->pretended_bytes;
	}
	operation_destroy(expiring);
	return good;
}

bool mailbox_expire(struct store_port *port, struct store_account *account,
	struct slice name, const struct retention *retention, uint64_t *expired_r,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct expiring like = {.name = name, .retention = *retention, .next = 1}, done;

	*expired_r = 0;
	do {
		if (!expire_some(port, account, &like, &done, fault_r, deadline))
			return false;
		*expired_r += done.expired;
		like.next = done.next;
		like.pretended = done.pretended;
		like.pretended_bytes = done.pretended_bytes;
	} while (like.next);
	return true;
}
