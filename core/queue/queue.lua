#!lua name=ringpost_1
-- The queue's functions: the only writers of its keys (body bytes of the
-- redis store excepted, which are plain keys until a commit adopts them).
--
-- Every function works on one shard. Its keys share the tag {rp:NN}:
--   lease     hash   epoch, owner, until: who may change this shard
--   entries   hash   entry key -> packed entry: all the mail there is
--   domains   zset   schedule -> when its earliest entry is due
--   due:S     zset   entry key -> when it is due, in schedule S
--   flows:D   set    the flows of domain D that have a schedule, of those that are
--                    some tenant's
--   streams   set    all flows ever seen that are no tenant's: they are few
--   held      zset   entry key -> when it is released (+inf: by hand)
--   refs      hash   message id -> "alive/all" entries, where there are several
--   body:I:N  string piece N of message I (redis store)
--
-- A schedule is a domain, or "domain flow" for the mail of a tenant or stream:
-- what one has waiting there never stands before what another has. (Up to schema 1
-- there were only the plain ones; they are the same.)
--
-- An entry that stands in no schedule is Q3, taken: its owner has it in
-- memory. That makes the common case one HSET and one HDEL. When a shard
-- changes hands, the new owner's recovery finds those and schedules them.
--
-- KEYS[1] is always the lease, KEYS[2] the entries, KEYS[3] domains, KEYS[4]
-- held where a function needs them; ARGV[1] the epoch of the caller's lease,
-- ARGV[2] the time in ms. A caller whose lease is not the newest hears FENCED:
-- also what a broken connection delivers late, as each new connection begins
-- with new epochs.

local function prefix(keys)
	return string.sub(keys[1], 1, -6) -- without "lease"
end

local function fenced(keys, argv)
	local epoch = redis.call('HGET', keys[1], 'epoch')
	if epoch == argv[1] then
		return nil
	end
	return redis.error_reply('FENCED epoch is ' .. tostring(epoch))
end

-- Packed entries begin with a version byte, the length of the domain, and it;
-- since version 2 the length of the flow and it follow. One that was damaged must
-- not stop what is done with its neighbours. -> the schedule it belongs in
local function name_of(packed)
	local version, size = string.byte(packed, 1, 2)
	local at = 3 + (size or 0)
	local domain = string.sub(packed, 3, at - 1)
	local flow_size = version and version > 1 and string.byte(packed, at) or 0
	if flow_size == 0 then
		return domain
	end
	return domain .. ' ' .. string.sub(packed, at + 1, at + flow_size)
end

-- A schedule has come to be, or is no more: its domain knows its flows.
local function list_flow(base, command, name)
	local space = string.find(name, ' ', 1, true)
	if not space then
		return
	end
	local flow = string.sub(name, space + 1)
	if string.sub(flow, 1, 1) ~= '/' then
		redis.call(command, base .. 'flows:' .. string.sub(name, 1, space - 1), flow)
	elseif command == 'SADD' then
		redis.call('SADD', base .. 'streams', flow)
	end
end

-- LOOK: when the schedule is to be looked at, if that is not when the entry is
-- due (nobody would take it then).
local function schedule(base, name, key, due, look)
	redis.call('ZADD', base .. 'due:' .. name, due, key)
	if redis.call('ZADD', base .. 'domains', 'LT', look or due, name) == 1 then
		list_flow(base, 'SADD', name)
	end
end

-- Calls with many arguments, in parts: Lua's stack takes some thousands.
local PART = 2000

local function in_parts(command, key, argv, first, last)
	for at = first, last, PART do
		redis.call(command, key, unpack(argv, at, math.min(at + PART - 1, last)))
	end
end

-- After entries left a schedule: when is the next one due?
local function refresh(base, name)
	local first = redis.call('ZRANGE', base .. 'due:' .. name, 0, 0, 'WITHSCORES')
	if first[2] then
		redis.call('ZADD', base .. 'domains', first[2], name)
	else
		redis.call('ZREM', base .. 'domains', name)
		list_flow(base, 'SREM', name)
	end
end

local function unschedule(base, name, key)
	if redis.call('ZREM', base .. 'due:' .. name, key) == 1 then
		refresh(base, name)
	end
end

-- lease_acquire lease | now ttl owner same: a free or expired lease, or one
-- of ours (SAME is the part of the owner that a restart keeps).
-- -> {epoch, owner before} or {0, owner, until}
local function lease_acquire(keys, argv)
	local now, ttl = tonumber(argv[1]), tonumber(argv[2])
	local lease = redis.call('HMGET', keys[1], 'epoch', 'owner', 'until')
	local held = lease[2] and lease[2] ~= '' and tonumber(lease[3]) > now
	if held and string.sub(lease[2], 1, #argv[4]) ~= argv[4] then
		return { 0, lease[2], lease[3] }
	end
	local epoch = (tonumber(lease[1]) or 0) + 1
	redis.call('HSET', keys[1], 'epoch', epoch, 'owner', argv[3], 'until', now + ttl)
	return { epoch, lease[2] or '' }
end

-- lease_renew lease | epoch now ttl
local function lease_renew(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	redis.call('HSET', keys[1], 'until', tonumber(argv[2]) + tonumber(argv[3]))
	return redis.status_reply('OK')
end

-- lease_release lease | epoch now
local function lease_release(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	redis.call('HSET', keys[1], 'owner', '', 'until', 0)
	return redis.status_reply('OK')
end

-- commit lease entries domains held | epoch now fields schedules bodies refs …
-- then FIELDS pairs (key, packed), SCHEDULES quadruples (key, schedule, due,
-- look; schedule '': held until due), BODIES keys of redis bodies to adopt, REFS
-- pairs (id, entries). Repeating it changes nothing.
local function commit(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local fields, schedules = tonumber(argv[3]), tonumber(argv[4])
	local bodies, refs = tonumber(argv[5]), tonumber(argv[6])
	local at = 7 + 2 * fields
	local base = prefix(keys)
	local body_at = at + 4 * schedules
	local ref_at = body_at + bodies
	for i = body_at, ref_at - 1 do
		if redis.call('EXISTS', argv[i]) == 0 then
			return redis.error_reply('GONE ' .. argv[i])
		end
	end
	for i = body_at, ref_at - 1 do
		redis.call('PERSIST', argv[i])
	end
	in_parts('HSET', keys[2], argv, 7, at - 1)
	for i = at, body_at - 1, 4 do
		if argv[i + 1] == '' then
			redis.call('ZADD', keys[4], argv[i + 2], argv[i])
		else
			schedule(base, argv[i + 1], argv[i], argv[i + 2], argv[i + 3])
		end
	end
	for i = ref_at, ref_at + 2 * refs - 1, 2 do
		redis.call('HSET', base .. 'refs', argv[i], argv[i + 1] .. '/' .. argv[i + 1])
	end
	return redis.status_reply('OK')
end

-- An entry of message ID has left: with the last one go its body's PIECES.
local function leave(base, id, pieces)
	local refs = redis.call('HGET', base .. 'refs', id)
	if refs then
		local alive, all = string.match(refs, '^(%d+)/(%d+)$')
		if not alive then
			return -- damaged: the body stays rather than be missed
		end
		if tonumber(alive) > 1 then
			redis.call('HSET', base .. 'refs', id, (alive - 1) .. '/' .. all)
			return
		end
		redis.call('HDEL', base .. 'refs', id)
	end
	for piece = 0, pieces - 1 do
		redis.call('UNLINK', base .. 'body:' .. id .. ':' .. piece)
	end
end

-- settle lease entries domains held | epoch now done shared again …
-- then DONE keys that leave, SHARED triples (key, id, pieces) of keys that leave
-- and have a redis body or are one of several, AGAIN quadruples (key, packed or
-- '' as it is, schedule, due or 'held').
local function settle(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local done, shared, again = tonumber(argv[3]), tonumber(argv[4]), tonumber(argv[5])
	local base = prefix(keys)
	local shared_at = 6 + done
	local again_at = shared_at + 3 * shared
	in_parts('HDEL', keys[2], argv, 6, shared_at - 1)
	for i = shared_at, again_at - 1, 3 do
		if redis.call('HDEL', keys[2], argv[i]) == 1 then
			leave(base, argv[i + 1], tonumber(argv[i + 2]))
		end
	end
	for i = again_at, again_at + 4 * again - 1, 4 do
		if redis.call('HEXISTS', keys[2], argv[i]) == 1 then
			if argv[i + 1] ~= '' then
				redis.call('HSET', keys[2], argv[i], argv[i + 1])
			end
			if argv[i + 3] == 'held' then
				redis.call('ZADD', keys[4], '+inf', argv[i])
			else
				schedule(base, argv[i + 2], argv[i], argv[i + 3])
			end
		end
	end
	return redis.status_reply('OK')
end

-- Held entries whose time of release has come: due then.
local function release(base, keys, now)
	local list = redis.call('ZRANGE', keys[4], '-inf', now, 'BYSCORE',
		'LIMIT', 0, 100, 'WITHSCORES')
	for i = 1, #list, 2 do
		local packed = redis.call('HGET', keys[2], list[i])
		redis.call('ZREM', keys[4], list[i])
		if packed then
			schedule(base, name_of(packed), list[i], list[i + 1])
		end
	end
end

-- due lease entries domains held | epoch now limit: which schedules have
-- something to take, and how much.
-- -> {{schedule, entries due …}, when the next one has or -1, next release or -1}
local function due(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, list = prefix(keys), {}
	release(base, keys, argv[2])
	for i, name in ipairs(redis.call('ZRANGE', keys[3], '-inf', argv[2],
			'BYSCORE', 'LIMIT', 0, argv[3])) do
		list[2 * i - 1] = name
		list[2 * i] = redis.call('ZCOUNT', base .. 'due:' .. name, '-inf', argv[2])
	end
	local later = redis.call('ZRANGE', keys[3], '(' .. argv[2], '+inf', 'BYSCORE',
		'LIMIT', 0, 1, 'WITHSCORES')
	local held = redis.call('ZRANGE', keys[4], 0, 0, 'WITHSCORES')
	return { list, later[2] or '-1', held[2] ~= 'inf' and held[2] or '-1' }
end

local function take_schedule(base, keys, now, name, limit, out)
	local list = redis.call('ZRANGE', base .. 'due:' .. name, '-inf', now,
		'BYSCORE', 'LIMIT', 0, limit)
	if #list > 0 then
		local packed = redis.call('HMGET', keys[2], unpack(list))
		redis.call('ZREM', base .. 'due:' .. name, unpack(list))
		for i, key in ipairs(list) do
			if packed[i] then
				out[#out + 1] = key
				out[#out + 1] = packed[i]
			end
		end
	end
	refresh(base, name)
end

-- take lease entries | epoch now (schedule, limit) …: Q2/Q4 -> Q3.
-- -> {key, packed, key, packed …}
local function take(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local out = {}
	for i = 3, #argv, 2 do
		take_schedule(prefix(keys), keys, argv[2], argv[i], argv[i + 1], out)
	end
	return out
end

-- postpone lease _ domains | epoch now (schedule, until) …: its entries keep
-- their own times, the schedule as a whole is not looked at before UNTIL (0: again
-- at its earliest entry's).
local function postpone(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	for i = 3, #argv, 2 do
		if argv[i + 1] == '0' then
			refresh(prefix(keys), argv[i])
		else
			redis.call('ZADD', keys[3], 'XX', argv[i + 1], argv[i])
		end
	end
	return redis.status_reply('OK')
end

-- wake lease _ domains | epoch now cursor count: schedules that were put off are
-- to be looked at when their own entries are due, in pages (ZSCAN). Who put
-- them off knew something of their sites, and is no more. -> cursor
local function wake(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base = prefix(keys)
	local got = redis.call('ZSCAN', keys[3], argv[3], 'COUNT', argv[4])
	local list = got[2]
	for i = 1, #list, 2 do
		if tonumber(list[i + 1]) > tonumber(argv[2]) then
			refresh(base, list[i])
		end
	end
	return got[1]
end

-- What an entry waits for: a due time, 'held', or '' when it stands nowhere.
local function place_of(base, key, packed)
	local at = redis.call('ZSCORE', base .. 'due:' .. name_of(packed), key)
	if at then
		return at
	end
	return redis.call('ZSCORE', base .. 'held', key) and 'held' or ''
end

-- page lease entries | epoch now cursor count: the entries in pages (HSCAN).
-- -> {cursor, {key, packed, place …}}
local function page(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base = prefix(keys)
	local got = redis.call('HSCAN', keys[2], argv[3], 'COUNT', argv[4])
	local out, list = {}, got[2]
	for i = 1, #list, 2 do
		out[#out + 1] = list[i]
		out[#out + 1] = list[i + 1]
		out[#out + 1] = place_of(base, list[i], list[i + 1])
	end
	return { got[1], out }
end

-- waiting lease entries | epoch now schedule offset count: what is in it in
-- order. -> {key, packed, due …}
local function waiting(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local list = redis.call('ZRANGE', prefix(keys) .. 'due:' .. argv[3], argv[4],
		tonumber(argv[4]) + tonumber(argv[5]) - 1, 'WITHSCORES')
	local out = {}
	for i = 1, #list, 2 do
		local packed = redis.call('HGET', keys[2], list[i])
		if packed then
			out[#out + 1] = list[i]
			out[#out + 1] = packed
			out[#out + 1] = list[i + 1]
		end
	end
	return out
end

-- holding lease entries _ held | epoch now offset count: what is held.
-- -> {key, packed, 'held' …}
local function holding(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local list = redis.call('ZRANGE', keys[4], argv[3],
		tonumber(argv[3]) + tonumber(argv[4]) - 1)
	local out = {}
	for _, key in ipairs(list) do
		local packed = redis.call('HGET', keys[2], key)
		if packed then
			out[#out + 1] = key
			out[#out + 1] = packed
			out[#out + 1] = 'held'
		end
	end
	return out
end

-- names lease _ domains | epoch now cursor count: the schedules there are, in
-- pages (ZSCAN). -> {cursor, {schedule …}}
local function names(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local got = redis.call('ZSCAN', keys[3], argv[3], 'COUNT', argv[4])
	local out, list = {}, got[2]
	for i = 1, #list, 2 do
		out[#out + 1] = list[i]
	end
	return { got[1], out }
end

-- flows lease | epoch now domain cursor count: a domain's schedules but the
-- plain one, in pages (SSCAN). -> {cursor, {flow …}}
local function flows(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, domain = prefix(keys), argv[3]
	local got = redis.call('SSCAN', base .. 'flows:' .. domain, argv[4],
		'COUNT', argv[5])
	if argv[4] == '0' then
		for _, flow in ipairs(redis.call('SMEMBERS', base .. 'streams')) do
			if redis.call('EXISTS', base .. 'due:' .. domain .. ' ' .. flow) == 1 then
				table.insert(got[2], flow)
			end
		end
	end
	return got
end

local function find_key(base, keys, key, out)
	local packed = redis.call('HGET', keys[2], key)
	if packed then
		out[#out + 1] = key
		out[#out + 1] = packed
		out[#out + 1] = place_of(base, key, packed)
	end
end

-- find lease entries | epoch now key …: -> {key, packed, place …} of each key
-- that is there.
local function find(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local out = {}
	for i = 3, #argv do
		find_key(prefix(keys), keys, argv[i], out)
	end
	return out
end

-- find_message lease entries | epoch now id …: every entry of each message.
-- -> {key, packed, place …}
local function find_message(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, out = prefix(keys), {}
	for i = 3, #argv do
		local refs = redis.call('HGET', base .. 'refs', argv[i])
		local all = refs and tonumber(string.match(refs, '/(%d+)$')) or 1
		find_key(base, keys, argv[i], out)
		for index = 1, all - 1 do
			find_key(base, keys, argv[i] .. '.' .. index, out)
		end
	end
	return out
end

-- act lease entries domains held | epoch now what (key, id, pieces) …: retry
-- (due now), hold (what is held until a time, too), release (what is held: due
-- now), drop. Only entries that wait are touched: those in Q3 are their owner's.
-- -> {1 or 0 …}
local function act(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, now, what, out = prefix(keys), argv[2], argv[3], {}
	for i = 4, #argv, 3 do
		local key = argv[i]
		local packed = redis.call('HGET', keys[2], key)
		local place = packed and place_of(base, key, packed) or ''
		local held = place == 'held'
		local touched = place ~= '' and (what ~= 'release' or held)
				and (what ~= 'retry' or not held)
				and (what ~= 'hold' or not held
					or redis.call('ZSCORE', keys[4], key) ~= 'inf')
		if touched then
			local name = name_of(packed)
			if held then
				redis.call('ZREM', keys[4], key)
			else
				unschedule(base, name, key)
			end
			if what == 'hold' then
				redis.call('ZADD', keys[4], '+inf', key)
			elseif what == 'drop' then
				redis.call('HDEL', keys[2], key)
				leave(base, argv[i + 1], tonumber(argv[i + 2]))
			else
				schedule(base, name, key, now)
			end
		end
		out[#out + 1] = touched and 1 or 0
	end
	return out
end

-- reschedule lease entries domains held | epoch now due (key, old, new) …: what
-- waits is due at DUE, and held until then; NEW is what it is packed as. Only an
-- entry still as it was is touched, and none that is held until somebody
-- releases it. -> {1 or 0 …}
local function reschedule(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, out = prefix(keys), {}
	local now, due = tonumber(argv[2]), tonumber(argv[3])
	for i = 4, #argv, 3 do
		local key, packed = argv[i], redis.call('HGET', keys[2], argv[i])
		local place = packed and packed == argv[i + 1]
				and place_of(base, key, packed) or ''
		local touched = place ~= '' and (place ~= 'held'
				or redis.call('ZSCORE', keys[4], key) ~= 'inf')
		if touched then
			local name = name_of(packed)
			redis.call('HSET', keys[2], key, argv[i + 2])
			if place == 'held' then
				redis.call('ZREM', keys[4], key)
			else
				unschedule(base, name, key)
			end
			if due > now then
				redis.call('ZADD', keys[4], argv[3], key)
			else
				schedule(base, name, key, now)
			end
		end
		out[#out + 1] = touched and 1 or 0
	end
	return out
end

-- releases lease _ _ held | epoch now key …: until when each is held: a time,
-- 'inf' (until somebody releases it) or '' (it is not).
local function releases(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local out = {}
	for i = 3, #argv do
		out[#out + 1] = redis.call('ZSCORE', keys[4], argv[i]) or ''
	end
	return out
end

-- recover lease entries | epoch now key …: schedules now what stands nowhere
-- (the caller has left out what it holds itself). -> how many
local function recover(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, count = prefix(keys), 0
	for i = 3, #argv do
		local packed = redis.call('HGET', keys[2], argv[i])
		if packed and place_of(base, argv[i], packed) == '' then
			schedule(base, name_of(packed), argv[i], argv[2])
			count = count + 1
		end
	end
	return count
end

-- count lease entries domains held | epoch now limit names: figures without a
-- scan, of the LIMIT schedules that are due first; where NAMES is '1', of each.
-- -> {entries, held, entries due, {schedule, entries waiting, next due …}}
local function count(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local base, names, ready, out = prefix(keys), argv[4] == '1', 0, {}
	local list = redis.call('ZRANGE', keys[3], 0, tonumber(argv[3]) - 1, 'WITHSCORES')
	for i = 1, #list, 2 do
		local waiting_key = base .. 'due:' .. list[i]
		ready = ready + redis.call('ZCOUNT', waiting_key, '-inf', argv[2])
		if names then
			out[#out + 1] = list[i]
			out[#out + 1] = redis.call('ZCARD', waiting_key)
			out[#out + 1] = list[i + 1]
		end
	end
	return { redis.call('HLEN', keys[2]), redis.call('ZCARD', keys[4]), ready, out }
end

-- ages lease entries domains | epoch now count: how old the queue is, without a
-- scan. -> {when what is due first was due, '' where nothing waits; COUNT entries'
-- keys at random, or all there are: their ids say when they came}
local function ages(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local first = redis.call('ZRANGE', keys[3], 0, 0, 'WITHSCORES')
	return { first[2] or '', redis.call('HRANDFIELD', keys[2], argv[3]) }
end

-- move lease entries | epoch now (key, old, new) …: compaction put a body
-- elsewhere; only an entry still as it was is changed. -> {1 or 0 …}
local function move(keys, argv)
	local refusal = fenced(keys, argv)
	if refusal then
		return refusal
	end
	local out = {}
	for i = 3, #argv, 3 do
		local same = redis.call('HGET', keys[2], argv[i]) == argv[i + 1]
		if same then
			redis.call('HSET', keys[2], argv[i], argv[i + 2])
		end
		out[#out + 1] = same and 1 or 0
	end
	return out
end

-- upgrade rp:meta | schema: the queue is one of this library's from here on;
-- earlier ones hear so and leave it alone.
local function upgrade(keys, argv)
	local now = tonumber(redis.call('HGET', keys[1], 'schema') or argv[1])
	if now < tonumber(argv[1]) then
		redis.call('HSET', keys[1], 'schema', argv[1])
	end
	return redis.status_reply('OK')
end

-- Accepting mail is refused when memory is full; all that makes room is not.
local function always(name, callback)
	redis.register_function({ function_name = 'ringpost_1_' .. name,
		callback = callback, flags = { 'allow-oom' } })
end

redis.register_function('ringpost_1_commit', commit)
always('lease_acquire', lease_acquire)
always('lease_renew', lease_renew)
always('lease_release', lease_release)
always('settle', settle)
always('due', due)
always('take', take)
always('postpone', postpone)
always('wake', wake)
always('page', page)
always('waiting', waiting)
always('holding', holding)
always('names', names)
always('flows', flows)
always('upgrade', upgrade)
always('find', find)
always('find_message', find_message)
always('act', act)
always('reschedule', reschedule)
always('releases', releases)
always('recover', recover)
always('count', count)
always('ages', ages)
always('move', move)
