/* Databases to read of beside the writer; see reader.h. */
#include "store/reader.h"

#include "base/memory.h"

struct database *reader_take(struct store_account *account)
{
	struct database *reader = NULL;
	char *path;

	pthread_mutex_lock(&account->lock);
	if (account->reader_count)
		reader = account->readers[--account->reader_count];
	pthread_mutex_unlock(&account->lock);
	if (reader)
		return reader;
	path = memory_format("%s/mail.db", account->folder);
	reader = database_open_reader(path);
	memory_free(path);
	return reader;
}

void reader_give(struct store_account *account, struct database *reader)
{
	database_rollback(reader);
	pthread_mutex_lock(&account->lock);
	if (account->reader_count < READERS_MAX) {
		account->readers[account->reader_count++] = reader;
		reader = NULL;
	}
	pthread_mutex_unlock(&account->lock);
	database_close(&reader);
}
