/* Writes notices; see notice.h. */
#include "manage/notice.h"

#include "base/clock.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))
#define MIB    (UINT64_C(1) << 20)

static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char)text.at[i] >= 0x80)
			return false;
	return true;
}

/* Of accounts that are an address. */
static void write_to(struct slice account, struct buffer *out)
{
	if (slice_index(account, '@') < account.size && is_ascii(account))
		buffer_append_format(out, "To: <%.*s>\r\n", SLICE_PRINT(account));
}

static void write_share(
	struct buffer *out, uint64_t used, uint64_t limit, const char *what)
{
	buffer_append_format(out, "  %llu of %llu %s (%.0f %%)\r\n",
		(unsigned long long)used, (unsigned long long)limit, what,
		100.0 * (double)used / (double)limit);
}

static void write_shares(const struct quota_crossing *crossing, struct buffer *out)
{
	const struct store_sums *used = &crossing->used, *quota = &crossing->quota;

	if (quota->bytes >= 10 * MIB)
		write_share(out, used->bytes / MIB, quota->bytes / MIB, "MiB");
	else if (quota->bytes)
		write_share(out, used->bytes, quota->bytes, "bytes");
	if (quota->messages)
		write_share(out, used->messages, quota->messages, "messages");
}

void notice_write(const struct quota_crossing *crossing, struct slice hostname,
	int64_t now_ms, struct buffer *out)
{
	char date[CLOCK_TEXT_SIZE];

	buffer_append_format(
		out, "From: Mail server <postmaster@%.*s>\r\n", SLICE_PRINT(hostname));
	write_to(crossing->account, out);
	buffer_append_format(out,
		"Date: %.*s\r\nMessage-ID: <quota.%u.%lld@%.*s>\r\n"
		"Subject: Your mailboxes are %u %% full\r\n"
		"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=us-ascii\r\n\r\n",
		SLICE_PRINT(clock_format_mail(now_ms, date)), crossing->percent,
		(long long)now_ms, SLICE_PRINT(hostname), crossing->percent);
	buffer_append(out, SLICE("Your mailboxes together have\r\n\r\n"));
	write_shares(crossing, out);
	buffer_append(out,
		SLICE("\r\nOnce they are full, new mail is not put into them any more, "
		      "and goes\r\nback to its senders in the end. Please remove what "
		      "you do not need; what\r\nis in the trash counts, too.\r\n"));
}

void notice_write_key(
	const struct quota_crossing *crossing, int64_t now_ms, struct buffer *out)
{
	buffer_append_format(
		out, "quota-%u-%lld", crossing->percent, (long long)(now_ms / DAY_MS));
}
