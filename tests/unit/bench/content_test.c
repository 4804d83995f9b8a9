/* What the sink keeps of a message, however it is cut; notifications. */
#include "bench/content.h"

#include "base/crc32c.h"
#include "base/memory.h"
#include "bench/bounce.h"
#include "check.h"

static const char message[] =
	"Received: by x\r\n"
	"DKIM-Signature: v=1; a=ed25519-sha256;\r\n"
	" b=abc\r\n"
	"dkim-signature: v=1\r\n"
	"X-LEDGER-ID:  run-17 \r\n"
	"X-Ledger-Id: another\r\n"
	"Subject: DKIM-Signature: no\r\n"
	"X-Long: "
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	"xxxxxx\r\n"
	"\r\n"
	"X-Ledger-Id: in the body\r\n"
	"\r\n"
	"end\r\n";
static const char body[] = "X-Ledger-Id: in the body\r\n\r\nend\r\n";

static void check_content(const struct content *content)
{
	CHECK_SLICE(slice_make(content->id, content->id_size), "run-17");
	CHECK_NUMBER(content->signatures, 2);
	CHECK_NUMBER(content->size, sizeof(message) - 1);
	CHECK_NUMBER(content->body_size, sizeof(body) - 1);
	CHECK_NUMBER(content->body_crc, crc32c(0, SLICE(body)));
}

CASE("id, signatures and sum, at every cut and byte by byte")
{
	struct slice all = SLICE(message);
	struct content content = {0};

	for (size_t cut = 0; cut <= all.size; cut++) {
		content_begin(&content, 0, true);
		content_add(&content, slice_part(all, 0, cut));
		content_add(&content, slice_from(all, cut));
		check_content(&content);
	}
	content_begin(&content, sizeof(message), true);
	for (size_t i = 0; i < all.size; i++)
		content_add(&content, slice_part(all, i, 1));
	check_content(&content);
	CHECK(slice_equal(buffer_contents(&content.whole), all));
	content_finish(&content);
}

CASE("a header alone, an empty body, more than is kept")
{
	struct content content = {0};

	content_begin(&content, 10, true);
	content_add(&content, SLICE("X-Ledger-Id: a\r\n"));
	CHECK_NUMBER(content.body_size, 0);
	CHECK(!content.in_body && content.cut);
	content_begin(&content, 0, true);
	content_add(&content, SLICE("\r\n"));
	CHECK(content.in_body && content.body_size == 0 && !content.cut);
	CHECK_NUMBER(content.id_size, 0);
	content_finish(&content);
}

static const char notification[] =
	"From: MAILER-DAEMON@relay.test\r\n"
	"To: <bench+run-9@source.test>\r\n"
	"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n"
	"\r\n"
	"--b\r\n"
	"\r\n"
	"It failed.\r\n"
	"--b\r\n"
	"Content-Type: message/delivery-status\r\n"
	"\r\n"
	"Reporting-MTA: dns; relay.test\r\n"
	"\r\n"
	"Original-Recipient: rfc822;user1@d1.test\r\n"
	"Final-Recipient: rfc822; USER1@other.test\r\n"
	"Action: failed\r\n"
	"Status: 5.1.1\r\n"
	"\r\n"
	"Final-Recipient: rfc822;user2@d1.test\r\n"
	"Action: delayed\r\n"
	"\r\n"
	"Action: FAILED\r\n"
	"Final-Recipient: rfc822;user3@d1.test\r\n"
	"\r\n"
	"--b\r\n"
	"Content-Type: text/rfc822-headers\r\n"
	"\r\n"
	"Subject: x\r\n"
	"X-Ledger-Id: run-9\r\n"
	"\r\n"
	"--b--\r\n";

CASE("RFC 3464 2.3: failed and delayed recipients, the id of what is returned")
{
	struct bounce bounce;

	CHECK(bounce_read(SLICE(notification), &bounce));
	CHECK_NUMBER(bounce.failed, 2);
	CHECK_NUMBER(bounce.delayed, 1);
	CHECK_SLICE(buffer_contents(&bounce.recipients), "user1@d1.test,user3@d1.test");
	CHECK_SLICE(bounce.id, "run-9");
	bounce_finish(&bounce);
	CHECK(!bounce_read(SLICE(message), &bounce));
	bounce_finish(&bounce);
}

CHECK_MAIN()
