// Generated from the migrations by "npm run generate": do not edit.
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      audit_log: {
        Row: {
          action: string;
          actor: string;
          actor_id: string | null;
          after: Json | null;
          before: Json | null;
          chain: string;
          content_hash: string;
          created_at: string;
          details: Json | null;
          hash: string;
          ip: unknown;
          request_id: string | null;
          resource_id: string | null;
          resource_type: string;
          seq: number;
          user_agent: string | null;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          action: string;
          actor: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          chain: string;
          content_hash: string;
          created_at: string;
          details?: Json | null;
          hash: string;
          ip?: unknown;
          request_id?: string | null;
          resource_id?: string | null;
          resource_type: string;
          seq: number;
          user_agent?: string | null;
          user_id?: string | null;
        };
        Update: {
          action?: string;
          actor?: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          chain?: string;
          content_hash?: string;
          created_at?: string;
          details?: Json | null;
          hash?: string;
          ip?: unknown;
          request_id?: string | null;
          resource_id?: string | null;
          resource_type?: string;
          seq?: number;
          user_agent?: string | null;
          user_id?: string | null;
        };
        Relationships: [];
      };
      backtest_results: {
        Row: {
          backtest_id: string;
          created_at: string;
          equity: number[];
          equity_at: string[];
          stored_trades: number;
          summary: NonNullable<Json>;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          backtest_id: string;
          created_at?: string;
          equity: number[];
          equity_at: string[];
          stored_trades: number;
          summary: NonNullable<Json>;
          user_id: string;
        };
        Update: {
          backtest_id?: string;
          created_at?: string;
          equity?: number[];
          equity_at?: string[];
          stored_trades?: number;
          summary?: NonNullable<Json>;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtest_results_backtest_id_fkey';
            columns: ['backtest_id'];
            isOneToOne: true;
            referencedRelation: 'backtests';
            referencedColumns: ['id'];
          },
        ];
      };
      backtest_trades: {
        Row: {
          backtest_id: string;
          entry_at: string;
          entry_bar: number;
          entry_price: number;
          exit_at: string;
          exit_bar: number;
          exit_price: number;
          fee: number;
          pnl: number;
          quantity: number;
          return_pct: number;
          seq: number;
          side: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          backtest_id: string;
          entry_at: string;
          entry_bar: number;
          entry_price: number;
          exit_at: string;
          exit_bar: number;
          exit_price: number;
          fee: number;
          pnl: number;
          quantity: number;
          return_pct: number;
          seq: number;
          side: string;
          user_id: string;
        };
        Update: {
          backtest_id?: string;
          entry_at?: string;
          entry_bar?: number;
          entry_price?: number;
          exit_at?: string;
          exit_bar?: number;
          exit_price?: number;
          fee?: number;
          pnl?: number;
          quantity?: number;
          return_pct?: number;
          seq?: number;
          side?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtest_trades_backtest_id_fkey';
            columns: ['backtest_id'];
            isOneToOne: false;
            referencedRelation: 'backtests';
            referencedColumns: ['id'];
          },
        ];
      };
      backtests: {
        Row: {
          attempt: number;
          created_at: string;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          attempt?: number;
          created_at?: string;
          error?: Json | null;
          fee_bps?: number;
          finished_at?: string | null;
          id?: string;
          initial_cash?: number;
          instrument_id: number;
          progress?: number;
          range_end?: string | null;
          range_start?: string | null;
          started_at?: string | null;
          status?: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          attempt?: number;
          created_at?: string;
          error?: Json | null;
          fee_bps?: number;
          finished_at?: string | null;
          id?: string;
          initial_cash?: number;
          instrument_id?: number;
          progress?: number;
          range_end?: string | null;
          range_start?: string | null;
          started_at?: string | null;
          status?: string;
          strategy?: NonNullable<Json>;
          symbol?: string;
          timeframe?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtests_coverage_fkey';
            columns: ['instrument_id', 'timeframe'];
            isOneToOne: false;
            referencedRelation: 'candle_coverage';
            referencedColumns: ['instrument_id', 'timeframe'];
          },
        ];
      };
      candle_coverage: {
        Row: {
          candle_count: number;
          first_at: string;
          instrument_id: number;
          last_at: string;
          timeframe: string;
          updated_at: string;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          candle_count: number;
          first_at: string;
          instrument_id: number;
          last_at: string;
          timeframe: string;
          updated_at?: string;
          version?: number;
        };
        Update: {
          candle_count?: number;
          first_at?: string;
          instrument_id?: number;
          last_at?: string;
          timeframe?: string;
          updated_at?: string;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'candle_coverage_instrument_id_fkey';
            columns: ['instrument_id'];
            isOneToOne: false;
            referencedRelation: 'instruments';
            referencedColumns: ['id'];
          },
        ];
      };
      candles: {
        Row: {
          close: number;
          high: number;
          instrument_id: number;
          low: number;
          open: number;
          timeframe: string;
          ts: string;
          volume: number;
        };
        ComputedFields: never;
        Insert: {
          close: number;
          high: number;
          instrument_id: number;
          low: number;
          open: number;
          timeframe: string;
          ts: string;
          volume: number;
        };
        Update: {
          close?: number;
          high?: number;
          instrument_id?: number;
          low?: number;
          open?: number;
          timeframe?: string;
          ts?: string;
          volume?: number;
        };
        Relationships: [];
      };
      events: {
        Row: {
          created_at: string;
          event: string;
          payload: NonNullable<Json>;
          seq: number;
          topic: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          event: string;
          payload: NonNullable<Json>;
          seq: number;
          topic: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          event?: string;
          payload?: NonNullable<Json>;
          seq?: number;
          topic?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      instruments: {
        Row: {
          created_at: string;
          id: number;
          name: string | null;
          symbol: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          id?: never;
          name?: string | null;
          symbol: string;
        };
        Update: {
          created_at?: string;
          id?: never;
          name?: string | null;
          symbol?: string;
        };
        Relationships: [];
      };
      strategies: {
        Row: {
          created_at: string;
          current_version: number;
          description: string | null;
          id: string;
          is_active: boolean;
          name: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          current_version?: number;
          description?: string | null;
          id?: string;
          is_active?: boolean;
          name: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          current_version?: number;
          description?: string | null;
          id?: string;
          is_active?: boolean;
          name?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      strategy_template_shares: {
        Row: {
          created_at: string;
          shared_with: string;
          template_id: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          shared_with: string;
          template_id: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          shared_with?: string;
          template_id?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'strategy_template_shares_template_id_fkey';
            columns: ['template_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategy_templates';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      strategy_templates: {
        Row: {
          created_at: string;
          description: string | null;
          id: string;
          is_public: boolean;
          name: string;
          template_data: NonNullable<Json>;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description?: string | null;
          id?: string;
          is_public?: boolean;
          name: string;
          template_data: NonNullable<Json>;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          description?: string | null;
          id?: string;
          is_public?: boolean;
          name?: string;
          template_data?: NonNullable<Json>;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      strategy_versions: {
        Row: {
          created_at: string;
          created_by: string | null;
          id: string;
          note: string | null;
          source: string | null;
          spec: NonNullable<Json>;
          strategy_id: string;
          user_id: string;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by?: string | null;
          id?: string;
          note?: string | null;
          source?: string | null;
          spec: NonNullable<Json>;
          strategy_id: string;
          user_id?: string;
          version: number;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          id?: string;
          note?: string | null;
          source?: string | null;
          spec?: NonNullable<Json>;
          strategy_id?: string;
          user_id?: string;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'strategy_versions_strategy_id_fkey';
            columns: ['strategy_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategies';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      system_config: {
        Row: {
          created_at: string;
          description: string;
          key: string;
          max_value: number | null;
          min_value: number | null;
          updated_at: string;
          updated_by: string | null;
          value: NonNullable<Json>;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description: string;
          key: string;
          max_value?: number | null;
          min_value?: number | null;
          updated_at?: string;
          updated_by?: string | null;
          value: NonNullable<Json>;
        };
        Update: {
          created_at?: string;
          description?: string;
          key?: string;
          max_value?: number | null;
          min_value?: number | null;
          updated_at?: string;
          updated_by?: string | null;
          value?: NonNullable<Json>;
        };
        Relationships: [];
      };
      user_roles: {
        Row: {
          created_at: string;
          granted_by: string | null;
          role: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          granted_by?: string | null;
          role?: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          granted_by?: string | null;
          role?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      workspaces: {
        Row: {
          created_at: string;
          data: NonNullable<Json>;
          id: string;
          name: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          data?: NonNullable<Json>;
          id?: string;
          name: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          data?: NonNullable<Json>;
          id?: string;
          name?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      cancel_backtest: {
        Args: { p_backtest_id: string };
        Returns: {
          attempt: number;
          created_at: string;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'backtests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      create_backtest: {
        Args: {
          p_fee_bps?: number;
          p_initial_cash?: number;
          p_range_end?: string;
          p_range_start?: string;
          p_strategy: Json;
          p_symbol: string;
          p_timeframe: string;
        };
        Returns: {
          attempt: number;
          created_at: string;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'backtests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, 'public'>];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    ? (DefaultSchema['Tables'] & DefaultSchema['Views'])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums'] | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums']
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums'][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums']
    ? DefaultSchema['Enums'][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema['CompositeTypes']
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes']
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes'][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema['CompositeTypes']
    ? DefaultSchema['CompositeTypes'][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {},
  },
} as const;
