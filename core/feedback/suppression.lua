#!lua name=ringpost_suppression_1
-- The list of suppressed addresses, and what changed in it.
--
-- KEYS[1] {rp:suppression}:entries  hash: "TENANT ADDRESS" (no tenant: " ADDRESS")
--                                   -> "REASON SINCE UNTIL", seconds; UNTIL 0:
--                                   for good
-- KEYS[2] {rp:suppression}:details  hash: the same -> what led to it, for people
-- KEYS[3] {rp:suppression}:changes  stream: the same -> as in entries; "": gone
-- KEYS[4] {rp:suppression}:soft     hash: the same -> "COUNT FIRST MESSAGE": bounces
--                                   that may pass, since when, the last of them

local CHANGES_KEPT = 1000 -- calls; who is further behind reads the whole list

local function split(value)
	local reason, since, untl = string.match(value or '', '^(%S+) (%d+) (%d+)$')
	return reason, tonumber(since), tonumber(untl)
end

local ASKED_FOR = {complaint = true, unsubscribe = true}

-- Of two, the one that holds longer stays; of equal ones the newer, but what the
-- recipient asked for is not forgotten.
local function replaces(new, old, now)
	if not old or new == old then
		return not old
	end
	local reason, _, untl = split(new)
	local old_reason, _, old_until = split(old)
	if not old_reason or (old_until ~= 0 and old_until <= now) then
		return true
	end
	if untl ~= old_until then
		return untl == 0 or (old_until ~= 0 and untl > old_until)
	end
	return ASKED_FOR[reason] or not ASKED_FOR[old_reason]
end

local function tell(keys, changes)
	if #changes == 0 then
		return ''
	end
	return redis.call('XADD', keys[3], 'MAXLEN', '~', CHANGES_KEPT, '*',
		unpack(changes))
end

-- ARGV: now, the most there may be, then for each entry three: field, value, detail
-- -> id of the change or "", for each entry "1" where it is new or other, "0" where
-- one that holds longer stays, "f" where there is no room
local function add(keys, argv)
	local now, most = tonumber(argv[1]), tonumber(argv[2])
	local count = redis.call('HLEN', keys[1])
	local changes, marks = {}, {}
	for i = 3, #argv, 3 do
		local field, value, detail = argv[i], argv[i + 1], argv[i + 2]
		local old = redis.call('HGET', keys[1], field)
		if not old and count >= most then
			marks[#marks + 1] = 'f'
		elseif replaces(value, old, now) then
			count = count + redis.call('HSET', keys[1], field, value)
			if detail ~= '' then
				redis.call('HSET', keys[2], field, detail)
			elseif old then
				redis.call('HDEL', keys[2], field)
			end
			changes[#changes + 1] = field
			changes[#changes + 1] = value
			marks[#marks + 1] = '1'
		else
			marks[#marks + 1] = '0'
		end
	end
	return {tell(keys, changes), table.concat(marks)}
end

local function take_out(keys, field)
	redis.call('HDEL', keys[2], field)
	return redis.call('HDEL', keys[1], field) == 1
end

-- ARGV: fields -> id of the change or "", for each "1" where there was one
local function remove(keys, argv)
	local changes, marks = {}, {}
	for i, field in ipairs(argv) do
		local was = take_out(keys, field)
		redis.call('HDEL', keys[4], field)
		if was then
			changes[#changes + 1] = field
			changes[#changes + 1] = ''
		end
		marks[i] = was and '1' or '0'
	end
	return {tell(keys, changes), table.concat(marks)}
end

-- ARGV: now, fields -> for each "1" where its time was over. No change is told:
-- everybody knows when it is.
local function expire(keys, argv)
	local now, marks = tonumber(argv[1]), {}
	for i = 2, #argv do
		local _, _, untl = split(redis.call('HGET', keys[1], argv[i]))
		local over = untl and untl ~= 0 and untl <= now
		if over then
			take_out(keys, argv[i])
		end
		marks[#marks + 1] = over and '1' or '0'
	end
	return {'', table.concat(marks)}
end

-- ARGV: now, most, field, value, detail as for add; then how many make an entry,
-- within how many seconds, the message, and how many may be counted at a time
-- -> as add; "0" also while there were not enough
local function soft(keys, argv)
	local now, field = tonumber(argv[1]), argv[3]
	local need, within, message = tonumber(argv[6]), tonumber(argv[7]), argv[8]
	local old = redis.call('HGET', keys[4], field)
	local count, first, last = string.match(old or '', '^(%d+) (%d+) (.*)$')
	if last and last == message and message ~= '' then
		return {'', '0'}
	end
	if not count or tonumber(first) + within <= now then
		count, first = 0, now
	end
	count = tonumber(count) + 1
	if count >= need then
		redis.call('HDEL', keys[4], field)
		return add(keys, {argv[1], argv[2], field, argv[4], argv[5]})
	end
	if not old and redis.call('HLEN', keys[4]) >= tonumber(argv[9]) then
		return {'', 'f'}
	end
	redis.call('HSET', keys[4], field, string.format('%d %s %s', count, first, message))
	return {'', '0'}
end

-- -> id of the last change; there is always one
local function begin(keys)
	local last = redis.call('XREVRANGE', keys[3], '+', '-', 'COUNT', 1)
	if last[1] then
		return last[1][1]
	end
	return redis.call('XADD', keys[3], '*', '', '')
end

local function register(name, callback, flags)
	redis.register_function{
		function_name = 'ringpost_suppression_1_' .. name,
		callback = callback,
		flags = flags,
	}
end

register('add', add, {})
register('remove', remove, {'allow-oom'})
register('expire', expire, {'allow-oom'})
register('soft', soft, {})
register('begin', begin, {'allow-oom'})
