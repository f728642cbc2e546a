//! The explorer and the interpreter agree, on our filters and on random ones; and both refuse what the kernel refuses.

use jail_spec::Instruction;
use policies::bpf::{Action, Call, Diagrams, Program, audit_arch, disassemble, explore, run};
use policies::{Arch, Filter, Profile, syscalls};

/// SplitMix64: the same numbers on every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).expect("an index")]
    }

    /// Mostly a constant of the program or its neighbour, in the lower, the upper or both halves.
    fn register(&mut self, constants: &[u32]) -> u64 {
        let near = |random: &mut Self| {
            let constant = u64::from(random.pick(constants));
            constant.wrapping_add(random.below(3)).wrapping_sub(1) & u64::from(u32::MAX)
        };
        match self.below(6) {
            0 => 0,
            1 => self.next(),
            2 => near(self) << 32 | near(self),
            3 => 1 << self.below(64) | near(self),
            _ => near(self),
        }
    }

    fn call(&mut self, constants: &[u32], arch: Arch) -> Call {
        let number = u32::try_from(self.register(constants) & u64::from(u32::MAX)).expect("32 bits");
        let foreign = self.below(16) == 0;
        Call {
            arch: if foreign { self.pick(constants) } else { audit_arch(arch) },
            number: if self.below(4) == 0 { number } else { u32::try_from(self.below(345)).expect("small") },
            instruction_pointer: self.next(),
            arguments: std::array::from_fn(|_| self.register(constants)),
        }
    }
}

fn constants(program: &[Instruction]) -> Vec<u32> {
    program.iter().map(|instruction| instruction.3).collect()
}

#[test]
fn on_our_filters_explorer_and_interpreter_agree_about_100_000_calls() {
    let profile = Profile::builtin().expect("the built-in profile");
    let mut random = Random(1);
    for arch in Arch::ALL {
        let compiled = profile.compile(arch).expect("compiles");
        for filter in Filter::ALL {
            let instructions = compiled.filter(filter);
            let program = Program::new(instructions).expect("the kernel takes it");
            let mut diagrams = Diagrams::default();
            let exploration = explore(&mut diagrams, &program).expect("within bounds");
            let allowed = exploration.returning(&mut diagrams, Action::ALLOW).expect("within bounds");
            let constants = constants(instructions);
            let mut both = [0; 2];
            for _ in 0..25_000 {
                let call = random.call(&constants, arch);
                let allows = run(&program, &call) == Action::ALLOW;
                assert_eq!(diagrams.contains(allowed, &call), allows, "{call:?}");
                both[usize::from(allows)] += 1;
            }
            assert!(both.iter().all(|&count| count > 20), "{both:?} says little");
        }
    }
}

/// A program of valid instructions; operands are biased to what makes comparisons true.
fn program(random: &mut Random) -> Vec<Instruction> {
    const LOADS: [u16; 7] = [0x20, 0x20, 0x20, 0x00, 0x80, 0x01, 0x81];
    const COMPUTE: [u16; 14] =
        [0x04, 0x14, 0x44, 0x54, 0x54, 0xa4, 0x64, 0x74, 0x0c, 0x1c, 0x5c, 0x84, 0x07, 0x87];
    const BRANCHES: [u16; 8] = [0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d];
    let length = 4 + random.below(12);
    let first = u32::try_from(random.below(16)).expect("small");
    let mut instructions = vec![Instruction(0x20, 0, 0, first * 4)];
    for at in 0..length {
        let left = length - at - 1;
        let small = u32::try_from(random.below(8)).expect("small");
        instructions.push(match random.below(8) {
            0 | 1 => {
                let code = random.pick(&LOADS);
                let word = u32::try_from(random.below(16)).expect("small");
                Instruction(code, 0, 0, if code == 0x20 { word * 4 } else { small })
            }
            2 | 3 => Instruction(random.pick(&COMPUTE), 0, 0, small),
            4..=6 if left > 0 => {
                let skip = |random: &mut Random| u8::try_from(random.below(left)).expect("short");
                Instruction(random.pick(&BRANCHES), skip(random), skip(random), small)
            }
            _ => Instruction(0x06, 0, 0, small << 16),
        });
    }
    let last = if random.below(4) == 0 { 0x16 } else { 0x06 };
    instructions.push(Instruction(0x54, 0, 0, 7));
    instructions.push(Instruction(last, 0, 0, 0));
    instructions
}

/// Each call takes exactly one way, and that way says what the interpreter finds.
#[test]
fn on_random_filters_every_call_takes_one_way_with_the_right_end() {
    let mut random = Random(2);
    let (mut explored, mut ways) = (0, 0);
    for _ in 0..2_000 {
        let instructions = program(&mut random);
        let program = Program::new(&instructions).expect("the kernel takes it");
        let mut diagrams = Diagrams::default();
        let Ok(exploration) = explore(&mut diagrams, &program) else { continue };
        explored += 1;
        ways += exploration.paths.len();
        let constants = constants(&instructions);
        for _ in 0..20 {
            let call = random.call(&constants, Arch::X86_64);
            let taken: Vec<u32> = exploration
                .paths
                .iter()
                .filter(|path| diagrams.contains(path.calls, &call))
                .map(|path| path.returns)
                .collect();
            assert_eq!(taken, [run(&program, &call)], "{instructions:?} {call:?}");
        }
        for path in &exploration.paths {
            let call = diagrams.example(path.calls).expect("no way is without a call");
            assert_eq!(run(&program, &call), path.returns, "{instructions:?} {call:?}");
        }
    }
    assert!(explored > 1_900 && ways > 4_000, "{explored} explored, {ways} ways");
}

/// The rest of arithmetic, where a carry or a remainder goes through all bits: against the interpreter, on words of
/// which the program keeps few bits.
#[test]
fn multiplication_division_and_shifts_by_x_are_followed() {
    let ret = Instruction(0x16, 0, 0, 0);
    for (code, operand) in
        [(0x24, 5), (0x34, 3), (0x2c, 0), (0x3c, 0), (0x6c, 0), (0x7c, 0), (0x84, 0), (0x1c, 0)]
    {
        let instructions = [
            Instruction(0x20, 0, 0, 24),
            Instruction(0x54, 0, 0, 7),
            Instruction(0x07, 0, 0, 0),
            Instruction(0x20, 0, 0, 16),
            Instruction(0x54, 0, 0, 31),
            Instruction(code, 0, 0, operand),
            ret,
        ];
        let program = Program::new(&instructions).expect("the kernel takes it");
        let mut diagrams = Diagrams::default();
        let exploration = explore(&mut diagrams, &program).expect("within bounds");
        for (left, right) in (0..32).flat_map(|left| (0..8).map(move |right| (left, right))) {
            let call = Call::native(Arch::X86_64, 0, [left, right, 0, 0, 0, 0]);
            let mut taken = exploration.paths.iter().filter(|path| diagrams.contains(path.calls, &call));
            assert_eq!(
                taken.next().map(|path| path.returns),
                Some(run(&program, &call)),
                "{code:#x} {call:?}"
            );
            assert_eq!(taken.next(), None);
        }
    }
}

#[test]
fn forty_one_operations_are_permitted() {
    let permitted = |code: &u16| {
        Program::new(&[
            Instruction(0x02, 0, 0, 1),
            Instruction(*code, 0, 0, if *code == 0x20 { 4 } else { 1 }),
            Instruction(0x06, 0, 0, 0),
            Instruction(0x06, 0, 0, 0),
        ])
        .is_ok()
    };
    assert_eq!((0..=u16::MAX).filter(permitted).count(), 41);
}

#[test]
fn what_the_kernel_refuses_is_refused() {
    let ret = Instruction(0x06, 0, 0, 0);
    let load = Instruction(0x60, 0, 0, 0);
    let refused: [(&[Instruction], &str); 12] = [
        (&[], "a filter of 0"),
        (&[ret; 4097], "a filter of 4097"),
        (&[Instruction(0x20, 0, 0, 0)], "no return"),
        (&[Instruction(0x20, 0, 0, 2), ret], "a load at 2"),
        (&[Instruction(0x20, 0, 0, 64), ret], "a load at 64"),
        (&[Instruction(0x05, 0, 0, 1), ret], "a jump over 1"),
        (&[Instruction(0x05, 0, 0, u32::MAX), ret], "a jump over 4294967295"),
        (&[Instruction(0x15, 0, 1, 0), ret], "a jump over 1"),
        (&[Instruction(0x34, 0, 0, 0), ret], "division by zero"),
        (&[Instruction(0x64, 0, 0, 32), ret], "a shift"),
        (&[Instruction(0x02, 0, 0, 16), ret], "scratch word 16"),
        (&[Instruction(0x15, 0, 1, 0), Instruction(0x02, 0, 0, 0), load, ret], "read before"),
    ];
    for (instructions, words) in refused {
        let error = Program::new(instructions).expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
    }
    assert!(Program::new(&[Instruction(0x02, 0, 0, 0), load, ret]).is_ok());
}

#[test]
fn a_filter_of_endless_ways_is_a_clear_error() {
    let mut instructions: Vec<Instruction> = (0..16)
        .flat_map(|word| {
            [Instruction(0x20, 0, 0, word * 4), Instruction(0x45, 0, 1, 1), Instruction(0x07, 0, 0, 0)]
        })
        .collect();
    instructions.push(Instruction(0x06, 0, 0, 0));
    instructions.splice(0..0, instructions.clone().into_iter().take(48));
    let program = Program::new(&instructions).expect("the kernel takes it");
    let error = explore(&mut Diagrams::default(), &program).expect_err("explored");
    assert!(error.to_string().contains("more than"), "{error}");
}

#[test]
fn a_filter_reads_as_text() {
    let last = Profile::builtin()
        .expect("the built-in profile")
        .compile(Arch::X86_64)
        .expect("compiles")
        .last_filter;
    let text = disassemble(&last, Arch::X86_64).expect("the kernel takes it").join("\n");
    for words in [
        "A = arch",
        "(x86_64)",
        "A = number",
        "== 231 (exit_group) goto",
        "A = arg0.low",
        "return kill process",
    ] {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    assert_eq!(syscalls::name(231, Arch::X86_64), Some("exit_group"));
}
