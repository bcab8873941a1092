/** Docker's names of the processors that there is a pause program for. */
type Processor = 'amd64' | 'arm64'

/**
 * The machine code of a program that waits for ever: a loop around the `pause` system call, or, where there is none
 * (arm64), around `ppoll` on nothing without a time-out.
 */
const code: Readonly<Record<Processor, readonly number[]>> = {
  // mov eax, 34 (pause); syscall; jmp to the beginning
  amd64: [0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7],
  // movz x8, #73 (ppoll); movz x0..x3, #0; svc #0; b to the beginning
  arm64: [0xd2800928, 0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd4000001, 0x17fffffa].flatMap(littleEndian),
}

const elfMachine: Readonly<Record<Processor, number>> = { amd64: 62, arm64: 183 }
const loadAddress = 0x400000
const headerBytes = 64
const programHeaderBytes = 56

/**
 * A static ELF executable of about 130 bytes: one segment, no libraries, no interpreter. It does nothing and needs no
 * file, so an image of it alone can hold a task's network. Undefined for a processor nobody wrote it for.
 */
export function pauseProgram(processor: string): Buffer | undefined {
  if (processor !== 'amd64' && processor !== 'arm64') return undefined
  const instructions = Buffer.from(code[processor])
  const size = headerBytes + programHeaderBytes + instructions.length
  return Buffer.concat([elfHeader(elfMachine[processor]), programHeader(size), instructions])
}

/** Elf64_Ehdr: 64 bits, little endian, an executable that begins right after the headers. */
function elfHeader(machine: number): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])
  bytes.writeUInt16LE(2, 16)
  bytes.writeUInt16LE(machine, 18)
  bytes.writeUInt32LE(1, 20)
  bytes.writeBigUInt64LE(BigInt(loadAddress + headerBytes + programHeaderBytes), 24)
  bytes.writeBigUInt64LE(BigInt(headerBytes), 32)
  bytes.writeUInt16LE(headerBytes, 52)
  bytes.writeUInt16LE(programHeaderBytes, 54)
  bytes.writeUInt16LE(1, 56)
  bytes.writeUInt16LE(headerBytes, 58)
  return bytes
}

/** Elf64_Phdr: the whole file, readable and executable. The alignment suits pages of 4 and of 64 KiB. */
function programHeader(size: number): Buffer {
  const bytes = Buffer.alloc(programHeaderBytes)
  bytes.writeUInt32LE(1, 0)
  bytes.writeUInt32LE(5, 4)
  bytes.writeBigUInt64LE(0n, 8)
  bytes.writeBigUInt64LE(BigInt(loadAddress), 16)
  bytes.writeBigUInt64LE(BigInt(loadAddress), 24)
  bytes.writeBigUInt64LE(BigInt(size), 32)
  bytes.writeBigUInt64LE(BigInt(size), 40)
  bytes.writeBigUInt64LE(0x10000n, 48)
  return bytes
}

function littleEndian(word: number): number[] {
  return [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24]
}
